"""A company with a past, and the truth by which its figures are judged."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from kernel import clock
from kernel.ids import uuid7
from kernel.money import Money, round_half_even


def money(amount: str | Decimal, currency: str = "EUR") -> Money:
    return Money(amount=Decimal(amount), currency=currency)


@dataclass
class SoldDeal:
    """What is true of a deal at the end of a story."""

    id: UUID
    created_on: date
    status: str
    amount: Decimal
    currency: str
    probability: int
    closed_on: date | None = None
    stage_id: UUID | None = None
    stage_before_id: UUID | None = None
    reason_id: UUID | None = None
    pipeline_id: UUID | None = None
    owner_id: UUID | None = None
    co_owner_id: UUID | None = None
    department_id: UUID | None = None
    source_id: UUID | None = None
    company_id: UUID | None = None
    deleted: bool = False
    products: set[UUID] = field(default_factory=set)
    payments: list[tuple[date, Money]] = field(default_factory=list)


@dataclass
class Market:
    """A company with a past: its story, and the truth by which its figures are judged."""

    story: Any
    rates: dict[str, dict[date, Decimal]] = field(default_factory=dict)
    deals: list[SoldDeal] = field(default_factory=list)
    users: list[UUID] = field(default_factory=list)
    departments: list[UUID] = field(default_factory=list)
    sources: list[UUID] = field(default_factory=list)
    products: list[UUID] = field(default_factory=list)
    companies: list[UUID] = field(default_factory=list)
    reasons: list[UUID] = field(default_factory=list)
    stages: dict[UUID, list[UUID]] = field(default_factory=dict)

    def found(self, random_: random.Random) -> None:
        """Tell of people, dictionaries and two years of rates with gaps."""
        story = self.story
        self.users = [story.user(name) for name in ("Ada", "Bo", "Cy", "Di")]
        self.departments = [story.define("gateway.department.changed", n) for n in ("East", "West")]
        self.sources = [story.define("intake.lead_source.changed", n) for n in ("Web", "Fair")]
        self.products = [story.define("deals.product.changed", n) for n in ("Nut", "Bolt")]
        self.reasons = [story.define("deals.closing_reason.changed", n) for n in ("Price", "Fit")]
        self.companies = [story.company(name) for name in ("Acme", "Umbrella")]
        for name, position in (("Main", 1), ("Side", 2)):
            pipeline = story.define("deals.pipeline.changed", name, position=position)
            self.stages[pipeline] = [
                story.define(
                    "deals.stage.changed",
                    stage,
                    pipeline_id=pipeline,
                    position=place,
                    probability=place * 20,
                )
                for place, stage in enumerate(("New", "Talk", "Offer", "Won", "Lost"))
            ]
        story.currency("EUR", national=True)
        story.currency("USD", reporting=True)
        story.currency("JPY")
        today = clock.today()
        for code, first in (("USD", Decimal("0.91234567")), ("JPY", Decimal("0.00615"))):
            self.rates[code], rate = {}, first
            for back in range(0, 800, 7):
                # a gap of 28 days leaves some days without a rate that is fresh enough
                if back // 28 % 5 != 4:
                    day = today - timedelta(days=back)
                    rate += Decimal(random_.randint(-99, 99)) / Decimal(10**6)
                    self.rates[code][day] = rate
                    story.rate(code, day, f"{rate}")

    def trade(self, random_: random.Random, number: int) -> None:
        """Tell the lives of so many deals, some of which begin minutes before a month ends."""
        for _ in range(number):
            self._live(random_)

    def _live(self, random_: random.Random) -> None:
        story = self.story
        at = clock.now() - timedelta(days=random_.uniform(0, 500))
        if random_.random() < 0.2:  # ANA-009: 22:30 UTC on the last day is the next month there
            first = at.replace(day=1, hour=22, minute=30, second=0, microsecond=0)
            at = min(first - timedelta(days=1), clock.now())
        code = random_.choice(["EUR", "EUR", "USD", "JPY"])
        places = 0 if code == "JPY" else 2
        amount = Decimal(random_.randint(1, 10**6)).scaleb(-places)
        pipeline = random_.choice(list(self.stages))
        stages = self.stages[pipeline]
        deal = SoldDeal(
            id=uuid7(),
            created_on=at.astimezone(clock.zone()).date(),
            status="open",
            amount=amount,
            currency=code,
            probability=random_.choice([10, 33, 55, 90]),
            stage_id=stages[0],
            pipeline_id=pipeline,
            owner_id=random_.choice([*self.users, None]),
            co_owner_id=random_.choice([*self.users, None]),
            department_id=random_.choice([*self.departments, None]),
            source_id=random_.choice([*self.sources, None]),
            company_id=random_.choice([*self.companies, None]),
        )
        self.deals.append(deal)
        people = {
            name: getattr(deal, name)
            for name in ("owner_id", "co_owner_id", "department_id", "source_id", "company_id")
        }
        story.deal(
            at,
            deal_id=deal.id,
            pipeline_id=pipeline,
            stage_id=stages[0],
            amount=money(amount, code),
            probability=deal.probability,
            **people,
        )
        for product in random_.sample(self.products, random_.randint(0, 2)):
            deal.products.add(product)
            story.say(
                "deals.output.added",
                at,
                deal_id=deal.id,
                output_id=uuid7(),
                product_id=product,
                quantity=Decimal(1),
                total=money("1.00"),
                discount=Decimal(0),
            )
        if random_.random() < 0.5:
            at = min(at + timedelta(days=random_.uniform(0, 40)), clock.now())
            deal.stage_id = random_.choice(stages[1:3])
            story.move(
                deal.id, deal.stage_id, at, pipeline_id=pipeline, probability=deal.probability
            )
        if random_.random() < 0.7:
            self._close(
                random_, deal, min(at + timedelta(days=random_.uniform(0, 90)), clock.now())
            )
        for _ in range(random_.randint(0, 2)):
            day = at.astimezone(clock.zone()).date()
            paid = money(Decimal(random_.randint(1, 10**5)).scaleb(-places), code)
            status = random_.choice(["received", "received", "guaranteed"])
            story.payment(deal.id, day, paid, status=status)
            if status == "received":
                deal.payments.append((day, paid))
        if random_.random() < 0.05:
            deal.deleted = True
            story.say("deals.deal.deleted", clock.now(), deal_id=deal.id)

    def _close(self, random_: random.Random, deal: SoldDeal, at: datetime) -> None:
        stages = self.stages[deal.pipeline_id or uuid7()]
        deal.closed_on = at.astimezone(clock.zone()).date()
        deal.reason_id = random_.choice([*self.reasons, None])
        deal.stage_before_id = deal.stage_id
        given: dict[str, Any] = {
            "amount": money(deal.amount, deal.currency),
            "reason_id": deal.reason_id,
            "pipeline_id": deal.pipeline_id,
        }
        if random_.random() < 0.6:
            deal.status, deal.stage_id = "won", stages[3]
            self.story.win(deal.id, deal.closed_on, at, stage_id=stages[3], **given)
        else:
            deal.status, deal.stage_id = "lost", stages[4]
            given |= {"stage_before_id": deal.stage_before_id, "stage_id": stages[4]}
            self.story.lose(deal.id, deal.closed_on, at, **given)

    def rate(self, code: str, day: date) -> Decimal | None:
        """DEA-102, by hand: national is 1, else the newest of the ten days up to the day."""
        if code == "EUR":
            return Decimal(1)
        day = min(day, clock.today())
        fresh = [at for at in self.rates[code] if day - timedelta(days=10) <= at <= day]
        return self.rates[code][max(fresh)] if fresh else None

    def value(self, amount: Decimal, code: str, day: date, target: str) -> Decimal | None:
        """ANA-012, by hand and in fractions; none when a rate is missing."""
        if code == target:
            return round_half_even(amount, 2)
        given, wanted = self.rate(code, day), self.rate(target, day)
        if given is None or wanted is None:
            return None
        cents = round(Fraction(amount) * Fraction(given) / Fraction(wanted) * 100)
        return Decimal(cents).scaleb(-2)


MakeMarket = Callable[[int, int], Market]


@pytest.fixture
def make_market(new_story: Callable[[], Any]) -> MakeMarket:
    """Make companies with any past and number of deals; the same seed tells the same again."""

    def make(seed: int, deals: int) -> Market:
        market = Market(new_story())
        chance = random.Random(seed)  # noqa: S311 - a story, not a secret
        market.found(chance)
        market.trade(chance, deals)
        return market

    return make


@pytest.fixture
def market(make_market: MakeMarket) -> Market:
    """Make a company with three hundred deals in three currencies."""
    return make_market(20261120, 300)
