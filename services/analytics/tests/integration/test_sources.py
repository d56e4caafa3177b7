"""Lead sources and pipeline stages, in stories small enough to reckon in the head."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics.consumers import SUBSCRIPTION
from chassis.testing.service import ServiceUnderTest
from kernel import clock
from kernel.ids import uuid7
from kernel.money import Money


def eur(amount: str) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR", "incomplete": False}


@pytest.fixture
def fairs(story: Any) -> Any:
    """Tell of two sources: from the web three leads and two deals, from a fair one lead."""
    story.currency("EUR", national=True)
    web = story.define("intake.lead_source.changed", "Web")
    fair = story.define("intake.lead_source.changed", "Fair")
    early = clock.now() - timedelta(days=30)
    leads = [story.lead(early, source_id=web) for _ in range(3)]
    story.lead(source_id=fair)
    story.say(
        "intake.lead.converted",
        lead_id=leads[0],
        crm_ref=uuid7(),
        customer_id=uuid7(),
        customer_is_new=True,
        linked_deal_ids=(),
        carry_communications=False,
        converted_at=clock.now(),
    )
    won = story.deal(early, source_id=web, lead_id=leads[0])
    amount = Money(amount="250.50", currency="EUR")
    story.win(won, clock.today() - timedelta(days=5), amount=amount)
    story.deal(early, source_id=web, lead_id=leads[1])
    story.deal(clock.now() - timedelta(days=400), source_id=web)
    return story, web, fair


async def test_each_source_is_told_by_what_came_of_it(
    ask: Any, service: ServiceUnderTest, fairs: Any
) -> None:
    """ANA-023, ANA-024, ANA-067."""
    story, web, _ = fairs
    await service.deliver(SUBSCRIPTION, story.bodies)
    report = await ask("reports/lead-sources")
    first, second = report["sources"]
    assert (first["id"], first["name"], second["name"]) == (str(web), "Web", "Fair")
    assert (
        first
        | {
            "leads": 3,
            "share": 75.0,
            "opportunities": 2,
            "lead_conversion": 33.33,
            "promotion_rate": 0.0,
            "won": 1,
            "lost": 0,
            "win_rate": 100.0,
            "won_share": 50.0,
            "potential_revenue": eur("100.00"),
            "revenue_won": eur("250.50"),
            "mean_days_to_win": 25.0,
        }
        == first
    )
    assert (second["leads"], second["win_rate"], second["mean_days_to_win"]) == (1, 0.0, None)
    assert (report["totals"]["leads"], report["totals"]["share"]) == (4, 100.0)
    october, november = report["by_month"][-2:]
    assert (october["month"], october["leads"], october["won"]) == ("2026-10", 3, 1)
    assert (november["leads"], november["revenue_won"]) == (1, eur("0.00"))


async def test_a_chosen_source_has_its_own_chart_and_its_share_of_all(
    ask: Any, service: ServiceUnderTest, fairs: Any
) -> None:
    """ANA-067."""
    story, _, fair = fairs
    await service.deliver(SUBSCRIPTION, story.bodies)
    report = await ask("reports/lead-sources", source=fair)
    (row,) = report["sources"]
    assert (row["name"], row["share"], report["totals"]["leads"]) == ("Fair", 25.0, 1)
    assert [point["leads"] for point in report["by_month"]][-2:] == [0, 1]
    other = await ask("reports/lead-sources", source=uuid7())
    assert (other["sources"][0]["name"], other["totals"]["leads"]) == ("Unknown", 0)


async def test_requests_count_without_cases_duplicates_and_spoilt_leads(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-009, ANA-022, ANA-026: a conditional win counts here and nowhere else."""
    almost = story.define("deals.stage.changed", "Advance paid", flags={"conditional_win": True})
    spoilt = story.lead()
    status = {"old_id": uuid7(), "new_id": uuid7(), "is_final": True, "qualified": False}
    at = clock.now()
    story.say("intake.lead.status_changed", at, lead_id=spoilt, disqualified=True, at=at, **status)
    ids = [story.request(datetime(2026, 10, 31, 22, 30, tzinfo=UTC)) for _ in range(4)]
    story.request(kind="case")
    story.request(lead_id=spoilt)
    story.say("intake.request.marked_duplicate", request_id=story.request(), state="duplicate")
    story.say("intake.request.deleted", request_id=story.request(), ticket="t")
    story.deal(request_id=ids[0])
    story.win(story.deal(request_id=ids[1]), clock.today())
    story.deal(request_id=ids[2], stage_id=almost)
    await service.deliver(SUBSCRIPTION, story.bodies)
    report = await ask("reports/lead-sources")
    assert (
        report["totals"]
        | {
            "requests": 4,
            "request_conversion": 75.0,
            "request_win": 50.0,
            "won": 1,
        }
        == report["totals"]
    )
    assert [point["requests"] for point in report["by_month"]][-2:] == [0, 4]


async def test_days_in_a_stage_are_summed_over_returns(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-025, ANA-079: two days and three more in New; four, and five up to now, in Talk."""
    pipeline = story.define("deals.pipeline.changed", "Main")
    new, talk, _ = (
        story.define("deals.stage.changed", name, pipeline_id=pipeline, position=place)
        for place, name in enumerate(("New", "Talk", "Empty"))
    )

    def ago(days: int) -> datetime:
        return clock.now() - timedelta(days=days)

    story.currency("EUR", national=True)
    deal_id = story.deal(ago(14), pipeline_id=pipeline, stage_id=new)
    for stage, days in ((talk, 12), (new, 8), (talk, 5)):
        story.move(deal_id, stage, ago(days), pipeline_id=pipeline)
    story.deal(ago(1), pipeline_id=pipeline, stage_id=new, probability=0)
    await service.deliver(SUBSCRIPTION, story.bodies)
    report = await ask("reports/pipeline")
    shown = {stage["stage"]: stage for stage in report["stages"]}
    assert [(name, stage["mean_days"]) for name, stage in shown.items()] == [
        ("New", 3.0),
        ("Talk", 9.0),
        ("Empty", None),
    ]
    assert (shown["Talk"]["deals"], shown["Talk"]["weighted"]) == (1, eur("60.00"))
    assert (shown["Empty"]["deals"], shown["Empty"]["value"]) == (0, eur("0.00"))
    later = {"from": "2026-11-10", "to": "2026-11-20"}
    assert (await ask("reports/pipeline", **later))["totals"]["deals"] == 1


async def test_a_deal_without_probability_has_its_stage_s_or_fifty(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-020: reopened into a stage, a deal has that stage's probability."""
    known = story.define("deals.stage.changed", "Known", probability=20)
    story.currency("EUR", national=True)
    for stage in (known, uuid7()):
        deal_id = story.deal()
        story.win(deal_id, clock.today(), stage_id=uuid7())
        story.say(
            "deals.deal.reopened", deal_id=deal_id, stage_id=stage, previous="won", at=clock.now()
        )
    await service.deliver(SUBSCRIPTION, story.bodies)
    report = await ask("reports/pipeline")
    weighted = {stage["stage"]: stage["weighted"]["amount"] for stage in report["stages"]}
    assert weighted == {"Known": "20.00", "Unknown": "50.00"}
