"""Which records and which days an answer counts (ANA-011, ANA-015, ANA-017)."""

from typing import Any
from uuid import UUID

import pytest

from analytics.consumers import SUBSCRIPTION
from chassis.testing.service import Actor, ServiceUnderTest
from kernel import clock
from kernel.ids import uuid7

PAID = {"amount": "100.00", "currency": "EUR"}


def business(story: Any, **people: UUID) -> None:
    """Tell of an open deal and of a won one that is paid, and of a lead and a request."""
    story.lead(**people)
    story.request(**{name: value for name, value in people.items() if name != "team_id"})
    story.deal(**people)
    won = story.deal(**people)
    story.win(won, clock.today())
    story.payment(won, clock.today(), PAID)


async def counts(ask: Any, *actor: Actor, **params: Any) -> dict[str, int]:
    """Count in every answer what the filters let through."""
    board = await ask("dashboard", *actor, **params)
    totals = {
        name: (await ask(f"reports/{name}", *actor, **params))["totals"]
        for name in ("win-loss", "lead-sources", "income", "pipeline")
    }
    return {
        "deals": board["deals"]["total"],
        "leads": board["leads"]["total"],
        "won": totals["win-loss"]["won"],
        "requests": totals["lead-sources"]["requests"],
        "payments": totals["income"]["payments"],
        "open": totals["pipeline"]["deals"],
    }


ONE = {"deals": 2, "leads": 1, "won": 1, "requests": 1, "payments": 1, "open": 1}
TWO = {name: 2 * number for name, number in ONE.items()}
NONE = dict.fromkeys(ONE, 0)
RIGHTS = ("dashboard.view", "report.view", "income.view", "pipeline.view")


@pytest.mark.parametrize(
    ("scope", "reached"), [("own", ONE), ("team", TWO), ("department", TWO), ("all", TWO)]
)
async def test_every_figure_counts_only_what_the_right_reaches(
    ask: Any, service: ServiceUnderTest, story: Any, scope: str, reached: dict[str, int]
) -> None:
    """ANA-015."""
    ada, bo = story.user("Ada"), story.user("Bo")
    business(story, owner_id=ada)
    business(story, owner_id=bo)
    await service.deliver(SUBSCRIPTION, story.bodies)
    actor = Actor(dict.fromkeys(RIGHTS, scope), user_id=ada, mates=(bo,))
    assert await counts(ask, actor) == reached
    stranger = Actor(dict.fromkeys(RIGHTS, "department"), departments=(uuid7(),))
    assert await counts(ask, stranger) == NONE


async def test_every_figure_is_narrowed_by_the_filters(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-015."""
    people: dict[str, Any] = {f"{kind}_id": uuid7() for kind in ("owner", "department", "source")}
    business(story, **people)
    business(story)
    await service.deliver(SUBSCRIPTION, story.bodies)
    for name, wanted in people.items():
        assert await counts(ask, **{name.removesuffix("_id"): wanted}) == ONE, name
        assert await counts(ask, **{name.removesuffix("_id"): uuid7()}) == NONE, name


async def test_a_filter_lets_through_what_has_no_such_field(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-015: there are no requests of a team, no leads and no requests of a pipeline."""
    team, pipeline = uuid7(), uuid7()
    business(story, team_id=team)
    business(story)
    story.deal(pipeline_id=pipeline)
    await service.deliver(SUBSCRIPTION, story.bodies)
    assert await counts(ask, team=team) == ONE | {"requests": 2}
    assert await counts(ask, pipeline=pipeline) == NONE | {
        "deals": 1,
        "open": 1,
        "leads": 2,
        "requests": 2,
    }


async def test_a_place_narrows_what_has_one(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-015: deals, payments by their deals, requests, companies and their customers."""
    berlin: dict[str, Any] = {"country": "DE", "city": "Berlin"}
    won = story.deal(**berlin)
    story.win(won, clock.today())
    story.payment(won, clock.today(), PAID)
    moved = story.deal(country="FR", city="Paris")
    story.say("deals.deal.updated", deal_id=moved, changed={"country": ["FR", "DE"]})
    story.request(country="DE", city="Bonn")
    story.request()
    story.customer("Acme", company_id=story.company("Acme", **berlin))
    story.customer("Nobody's", company_id=story.company("Other", country="FR"))
    await service.deliver(SUBSCRIPTION, story.bodies)
    german = await counts(ask, country="DE")
    assert german == NONE | {"deals": 2, "won": 1, "requests": 1, "payments": 1, "open": 1}
    assert (await counts(ask, country="DE", city="Paris"))["deals"] == 1
    board = await ask("dashboard", **berlin)
    assert board["filters"].items() >= berlin.items()
    assert board["companies"] == {"total": 1, "active": 1}
    assert board["customers"] == {"total": 1}


async def test_what_is_deleted_leaves_every_report_until_it_is_restored(
    ask: Any, service: ServiceUnderTest, story: Any
) -> None:
    """ANA-017: a deal takes its payments along."""
    lead_id, request_id, won = story.lead(), story.request(), story.deal()
    story.win(won, clock.today())
    story.payment(won, clock.today(), PAID)
    gone = story.payment(won, clock.today(), PAID)
    state = {"status": "received", "amount": PAID, "date": clock.today()}
    story.say("deals.payment.deleted", payment_id=gone, deal_id=won, old=state)
    there = NONE | {"deals": 1, "leads": 1, "won": 1, "requests": 1, "payments": 1}
    for change, expected in (("", there), ("deleted", NONE), ("restored", there)):
        if change:
            story.say(f"intake.lead.{change}", lead_id=lead_id)
            story.say(f"intake.request.{change}", request_id=request_id, ticket="t")
            story.say(f"deals.deal.{change}", deal_id=won)
        await service.deliver(SUBSCRIPTION, story.bodies)
        assert await counts(ask) == expected, change


@pytest.mark.parametrize(
    ("report", "first", "last"),
    [
        ("win-loss", "2026-05-25", "2026-11-20"),
        ("lead-sources", "2025-11-21", "2026-11-20"),
        ("income", "2025-12-01", "2026-11-20"),
        ("pipeline", "2026-08-23", "2026-11-20"),
    ],
)
async def test_a_report_has_a_period_of_its_own_and_takes_any_other(
    ask: Any, service: ServiceUnderTest, report: str, first: str, last: str
) -> None:
    """ANA-010, ANA-011."""

    async def told(**params: Any) -> tuple[str, str]:
        filters = (await ask(f"reports/{report}", **params))["filters"]
        return filters["from"], filters["to"]

    assert await told() == (first, last)
    assert await told(preset="last_quarter") == ("2026-07-01", "2026-09-30")
    asked = {"from": "2020-02-01", "to": "2020-02-29"}
    assert await told(**asked) == ("2020-02-01", "2020-02-29")
    assert await told(**{"from": "2020-02-01"}) == ("2020-02-01", last)
