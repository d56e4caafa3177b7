"""Every figure against the same one reckoned by hand from the deals themselves (ANA-020 to 026)."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import pytest

from analytics.consumers import SUBSCRIPTION
from chassis.testing.service import Actor, ServiceUnderTest, acting_as

TODAY = date(2026, 11, 20)
CHIEF = acting_as("analytics", "executive")


def rounded(number: Decimal | int, whole: int, places: str = "0.1") -> float:
    return float((Decimal(number) / whole).quantize(Decimal(places), ROUND_HALF_UP))


def share(part: int, whole: int, places: str = "0.1") -> float:
    return rounded(part * 100, whole, places) if whole else 0.0


def mean(days: list[int]) -> float | None:
    return rounded(sum(days), len(days)) if days else None


class Judge:
    """Reckons sums over deals in one currency."""

    def __init__(self, market: Any, target: str) -> None:
        self.market, self.target = market, target

    def sum(self, deals: Iterable[Any]) -> dict[str, Any]:
        return self.money([self.value(deal) for deal in deals])

    def value(self, deal: Any) -> Decimal | None:
        day = deal.closed_on or TODAY
        value: Decimal | None = self.market.value(deal.amount, deal.currency, day, self.target)
        return value

    def money(self, values: list[Decimal | None]) -> dict[str, Any]:
        known = sum((value for value in values if value is not None), Decimal("0.00"))
        return {"amount": f"{known:.2f}", "currency": self.target, "incomplete": None in values}

    def balance(self, deals: list[Any]) -> dict[str, Any]:
        won = [deal for deal in deals if deal.status == "won"]
        lost = [deal for deal in deals if deal.status == "lost"]
        return {
            "won": len(won),
            "lost": len(lost),
            "revenue_won": self.sum(won),
            "revenue_lost": self.sum(lost),
            "win_rate": share(len(won), len(won) + len(lost)),
            "mean_days_to_win": mean([(deal.closed_on - deal.created_on).days for deal in won]),
            "mean_days_to_lose": mean([(deal.closed_on - deal.created_on).days for deal in lost]),
        }


def alive(market: Any) -> list[Any]:
    return [deal for deal in market.deals if not deal.deleted]


@pytest.mark.parametrize(
    ("currency", "target"), [("reporting", "USD"), ("national", "EUR"), ("JPY", "JPY")]
)
async def test_the_dashboard_sums_what_the_deals_say(
    ask: Any, service: ServiceUnderTest, market: Any, currency: str, target: str
) -> None:
    """ANA-012, ANA-013, ANA-020, ANA-021, ANA-031, ANA-033, ANA-036."""
    await service.deliver(SUBSCRIPTION, market.story.bodies)
    judge, deals = Judge(market, target), alive(market)
    won = [deal for deal in deals if deal.status == "won"]
    opened = [deal for deal in deals if deal.status == "open"]
    board = await ask("dashboard", currency=currency)
    assert board["currency"] == target
    assert board["deals"] == {"total": len(deals), "open": len(opened), "won": len(won)}
    revenue = board["revenue"]
    assert revenue["total"] == judge.sum(won)
    assert revenue["potential"] == judge.sum(opened)
    average = Decimal(revenue["total"]["amount"]) / len(won)
    assert Decimal(revenue["average_deal_value"]["amount"]) == round(average, 2)
    value = Decimal(judge.sum(deals)["amount"]) / len(deals)
    assert Decimal(revenue["average_value"]["amount"]) == round(value, 2)
    lacking = [deal for deal in deals if judge.value(deal) is None]
    assert lacking, "the story has days without a rate"
    told = board["missing_rates"]
    assert sum(row["number"] for row in told) == len(lacking)
    assert sum(Decimal(row["amount"]) for row in told) == sum(deal.amount for deal in lacking)
    assert {(row["currency"], row["date"]) for row in told} == {
        (deal.currency, (deal.closed_on or TODAY).isoformat()) for deal in lacking
    }
    for basis in ("closed", "created"):
        points = (await ask("dashboard", currency=currency, basis=basis))["deals_by_month"]
        assert [point["month"] for point in points] == [f"2026-{n:02}" for n in range(6, 12)]
        for point in points:
            of_month = [d for d in deals if f"{d.created_on:%Y-%m}" == point["month"]]
            closed = of_month
            if basis == "closed":
                closed = [
                    d for d in deals if d.closed_on and f"{d.closed_on:%Y-%m}" == point["month"]
                ]
            won_then = [deal for deal in closed if deal.status == "won"]
            assert point == {
                "month": point["month"],
                "total": len(of_month),
                "won": len(won_then),
                "lost": sum(deal.status == "lost" for deal in closed),
                "revenue": judge.sum(won_then),
            }


@pytest.mark.parametrize("basis", ["closed", "created"])
async def test_win_loss_breaks_down_what_was_closed(
    ask: Any, service: ServiceUnderTest, market: Any, basis: str
) -> None:
    """ANA-024, ANA-025, ANA-084."""
    await service.deliver(SUBSCRIPTION, market.story.bodies)
    judge = Judge(market, "USD")
    first, last = date(2025, 9, 3), date(2026, 10, 31)
    counted_on = "closed_on" if basis == "closed" else "created_on"
    closed = [deal for deal in alive(market) if deal.status != "open"]
    deals = [deal for deal in closed if first <= getattr(deal, counted_on) <= last]
    period: dict[str, Any] = {"from": first, "to": last}
    report = await ask("reports/win-loss", basis=basis, **period)
    assert report["filters"] == {"from": "2025-09-03", "to": "2026-10-31", "basis": basis}
    assert report["totals"] == judge.balance(deals)
    for name in ("source", "owner", "department", "company", "stage_before"):
        groups = {group.pop("id"): group for group in report[f"by_{name}"]}
        names = {group.pop("name") for group in groups.values()}
        assert groups == {
            key and str(key): judge.balance([d for d in deals if getattr(d, f"{name}_id") == key])
            for key in {getattr(deal, f"{name}_id") for deal in deals}
        }
        assert names <= KNOWN | {"Unknown"}
    by_product = {group["name"]: group for group in report["by_product"]}
    assert by_product["No product"]["won"] == sum(
        not deal.products and deal.status == "won" for deal in deals
    )
    assert by_product["Nut"]["lost"] == sum(
        market.products[0] in deal.products and deal.status == "lost" for deal in deals
    )
    lost = [deal for deal in deals if deal.status == "lost"]
    price = next(row for row in report["lost_reasons"] if row["name"] == "Price")
    for_price = [deal for deal in lost if deal.reason_id == market.reasons[0]]
    assert price["lost"] == len(for_price)
    assert price["share"] == share(len(for_price), len(lost))
    assert sum(row["lost"] for row in report["lost_reasons"]) == len(lost)
    months = [point.pop("month") for point in report["by_month"]]
    assert (months[0], months[-1], len(months)) == ("2025-09", "2026-10", 14)
    assert report["by_month"] == [
        judge.balance([d for d in deals if f"{getattr(d, counted_on):%Y-%m}" == month])
        for month in months
    ]
    lately = [point.pop("month") for point in report["last_12_months"]]
    assert (lately[0], lately[-1], len(lately)) == ("2025-12", "2026-11", 12)
    assert report["last_12_months"] == [
        judge.balance([d for d in closed if f"{getattr(d, counted_on):%Y-%m}" == month])
        for month in lately
    ]


KNOWN = {"Web", "Fair", "Ada", "Bo", "Cy", "Di", "East", "West", "Acme", "Umbrella"} | {
    "New",
    "Talk",
    "Offer",
}


async def test_income_sums_received_payments_by_month(
    ask: Any, service: ServiceUnderTest, market: Any
) -> None:
    """ANA-010, ANA-020, ANA-044."""
    await service.deliver(SUBSCRIPTION, market.story.bodies)
    judge, deals = Judge(market, "EUR"), alive(market)
    report = await ask("reports/income", currency="EUR")
    months = [point["month"] for point in report["by_month"]]
    assert (months[0], months[-1], len(months)) == ("2025-12", "2026-11", 12)

    def expected(wanted: set[str]) -> dict[str, Any]:
        paid = [
            (deal.id, day, amount)
            for deal in deals
            for day, amount in deal.payments
            if f"{day:%Y-%m}" in wanted
        ]
        won = [d for d in deals if d.status == "won" and f"{d.closed_on:%Y-%m}" in wanted]
        return {
            "deals_paid": len({deal_id for deal_id, _, _ in paid}),
            "payments": len(paid),
            "income": judge.money(
                [
                    market.value(amount.amount, amount.currency, day, "EUR")
                    for _, day, amount in paid
                ]
            ),
            "won": len(won),
            "deal_income": judge.sum(won),
        }

    for point in report["by_month"]:
        month = point.pop("month")
        assert point == expected({month})
    assert report["totals"] == expected(set(months))
    assert report["won_per_month"] == rounded(report["totals"]["won"], 12)
    monthly = Decimal(report["totals"]["income"]["amount"]) / 12
    assert report["income_per_month"]["amount"] == str(round(monthly, 2))


@pytest.mark.parametrize("status", ["open", "all"])
async def test_the_pipeline_shows_what_stands_in_each_stage(
    ask: Any, service: ServiceUnderTest, market: Any, status: str
) -> None:
    """ANA-020, ANA-079."""
    await service.deliver(SUBSCRIPTION, market.story.bodies)
    judge = Judge(market, "USD")
    deals = [d for d in alive(market) if status == "all" or d.status == "open"]
    period: dict[str, Any] = {"from": "2020-01-01", "to": "2026-11-20"}
    report = await ask("reports/pipeline", status=status, **period)
    assert [stage["stage"] for stage in report["stages"]] == [
        "New",
        "Talk",
        "Offer",
        "Won",
        "Lost",
    ] * 2
    chances = {"open": None, "won": 100, "lost": 0}

    def weighted(deal: Any) -> Decimal | None:
        value, chance = judge.value(deal), chances[deal.status]
        chance = deal.probability if chance is None else chance
        return None if value is None else round(value * chance / 100, 2)

    for stage in report["stages"]:
        here = [deal for deal in deals if str(deal.stage_id) == stage["stage_id"]]
        assert stage["deals"] == len(here)
        assert stage["value"] == judge.sum(here)
        assert stage["weighted"] == judge.money([weighted(deal) for deal in here])
    assert report["totals"] == {
        "deals": len(deals),
        "value": judge.sum(deals),
        "weighted": judge.money([weighted(deal) for deal in deals]),
    }


async def test_a_scope_and_a_filter_count_only_their_deals(
    ask: Any, service: ServiceUnderTest, market: Any
) -> None:
    """ANA-015: own includes co-owner; a department's total is that of its deals."""
    await service.deliver(SUBSCRIPTION, market.story.bodies)
    ada, east = market.users[0], market.departments[0]
    deals = alive(market)

    async def count(actor: Actor, **params: Any) -> int:
        number: int = (await ask("dashboard", actor, **params))["deals"]["total"]
        return number

    def mine(deal: Any, user: UUID) -> bool:
        return user in (deal.owner_id, deal.co_owner_id)

    own = Actor({"dashboard.view": "own"}, user_id=ada)
    team = Actor({"dashboard.view": "team"}, user_id=ada, mates=(market.users[1],))
    department = Actor({"dashboard.view": "department"}, user_id=ada, departments=(east,))
    assert await count(own) == sum(mine(deal, ada) for deal in deals)
    assert await count(team) == sum(
        mine(deal, ada) or deal.owner_id == market.users[1] for deal in deals
    )
    assert await count(department) == sum(
        mine(deal, ada) or deal.department_id == east for deal in deals
    )
    assert await count(CHIEF, owner=ada) == sum(mine(deal, ada) for deal in deals)
    assert await count(CHIEF, department=east) == sum(d.department_id == east for d in deals)
    assert await count(CHIEF, source=market.sources[0]) == sum(
        deal.source_id == market.sources[0] for deal in deals
    )
    assert await count(CHIEF, product=market.products[0]) == sum(
        market.products[0] in deal.products for deal in deals
    )
    assert await count(own, owner=market.users[1]) == sum(
        mine(deal, ada) and mine(deal, market.users[1]) for deal in deals
    )
