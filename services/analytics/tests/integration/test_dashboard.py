"""The blocks of the dashboard that count records (ANA-027 to ANA-039)."""

from datetime import timedelta
from typing import Any

from analytics.consumers import SUBSCRIPTION
from chassis.testing.service import Actor, ServiceUnderTest
from kernel import clock
from kernel.ids import uuid7


async def test_companies_and_customers_are_counted_and_the_newest_records_shown(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-028, ANA-029, ANA-034."""
    ada = story.user("Ada")
    for number in range(7):
        at = clock.now() - timedelta(hours=number)
        story.company(f"C{number}", at, owner_id=ada, active=number != 0)
        story.deal(at, name=f"D{number}", owner_id=ada)
    acme = story.company("Acme", clock.now() - timedelta(days=9), owner_id=ada)
    story.customer("Ada's client", company_id=acme)
    story.customer("Nobody's client", clock.now() - timedelta(days=1))
    await service.deliver(SUBSCRIPTION, story.bodies)
    seen = await ask("dashboard")
    assert seen["companies"] == {"total": 8, "active": 7}
    assert seen["customers"] == {"total": 2}
    newest = seen["recent"]["companies"]
    assert [company["name"] for company in newest] == ["C0", "C1", "C2", "C3", "C4"]
    assert (newest[0]["owner"], newest[0]["owner_id"]) == ("Ada", str(ada))
    assert newest[1]["created_at"] == "2026-11-20T09:00:00Z"
    assert [one["owner"] for one in seen["recent"]["customers"]] == ["Ada", None]
    assert [one["name"] for one in seen["recent"]["deals"]] == ["D0", "D1", "D2", "D3", "D4"]
    assert {one["owner"] for one in seen["recent"]["deals"]} == {"Ada"}
    own = Actor({"dashboard.view": "own"}, user_id=ada)
    assert (await ask("dashboard", own))["customers"] == {"total": 1}


async def test_leads_are_counted_by_flags_and_sources_never_by_names(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-026, ANA-030, ANA-037."""
    good = story.define("intake.lead_status.changed", "Hot", flags={"qualified": True})
    bad = story.define("intake.lead_status.changed", "Unqualified")
    web = story.define("intake.lead_source.changed", "Web")
    fair = story.define("intake.lead_source.changed", "Fair")
    story.lead(status_id=good, source_id=web)
    story.lead(status_id=bad, source_id=web)
    moved = story.lead(status_id=bad, source_id=fair)
    promoted = story.lead(status_id=bad)
    flags = {"is_final": False, "qualified": True, "disqualified": False}
    at = clock.now()
    story.say(
        "intake.lead.status_changed", at, lead_id=moved, old_id=bad, new_id=good, at=at, **flags
    )
    story.say(
        "intake.lead.promoted",
        lead_id=promoted,
        deal_id=uuid7(),
        crm_ref=uuid7(),
        name="A chance",
        pipeline_id=uuid7(),
        stage_id=uuid7(),
    )
    await service.deliver(SUBSCRIPTION, story.bodies)
    seen = await ask("dashboard")
    assert seen["leads"] == {"total": 4, "qualified": 2}
    assert [(row["name"], row["leads"]) for row in seen["leads_by_source"]] == [
        ("Web", 2),
        ("Fair", 1),
        ("Unknown", 1),
    ]
    without = await ask("dashboard", include_promoted=False)
    assert without["leads"] == {"total": 3, "qualified": 2}
    assert sum(row["leads"] for row in without["leads_by_source"]) == 3


async def test_pipelines_show_their_open_deals_also_when_there_are_none(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-039."""
    main = story.define("deals.pipeline.changed", "Main", position=1)
    story.define("deals.pipeline.changed", "Empty", position=2)
    story.define("deals.pipeline.changed", "Closed down", position=3, active=False)
    old = story.define("deals.pipeline.changed", "Old", position=4, active=False)
    gone = story.define("deals.pipeline.changed", "Gone", position=5)
    story.define("deals.pipeline.changed", "Gone", id=gone, deleted=True)
    for pipeline in (main, main, old):
        story.deal(pipeline_id=pipeline)
    story.win(story.deal(pipeline_id=main), clock.today())
    await service.deliver(SUBSCRIPTION, story.bodies)
    shown = [(row["name"], row["open"]) for row in (await ask("dashboard"))["pipelines"]]
    assert shown == [("Main", 2), ("Empty", 0), ("Old", 1)]


async def test_what_is_deleted_counts_nowhere_until_it_is_restored(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-017."""
    things = {
        "deals.deal": ("deal_id", story.deal()),
        "intake.lead": ("lead_id", story.lead()),
        "intake.company": ("company_id", story.company("Acme")),
        "intake.customer": ("customer_id", story.customer("Acme")),
    }
    full = {"name": "Acme", "active": True, "code": "C-1", "discount": "0", "currency": "EUR"}
    full |= {"terms": "t", "credit_limit": "0", "status": "active", "blacklisted": False}

    async def totals() -> list[int]:
        seen = await ask("dashboard")
        return [seen[block]["total"] for block in ("deals", "leads", "companies", "customers")]

    for change, total in (("", 1), ("deleted", 0), ("restored", 1)):
        for topic, (key, record_id) in things.items() if change else ():
            story.say(f"{topic}.{change}", **{key: record_id}, **full)
        await service.deliver(SUBSCRIPTION, story.bodies)
        assert await totals() == [total] * 4, change


async def test_an_answer_says_how_far_its_data_go(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-006: the time of the last event applied, also when an older one comes late."""
    story.deal(clock.now() - timedelta(days=1))
    story.deal(clock.now() - timedelta(days=2))
    ada = story.user("Ada")
    for body in story.bodies[:2]:
        await service.deliver(SUBSCRIPTION, [body])
    seen = await ask("dashboard", owner=ada)
    assert seen["data_through"] == "2026-11-19T10:00:00Z"
    assert seen["filters"] == {"owner": str(ada), "basis": "closed", "include_promoted": True}
