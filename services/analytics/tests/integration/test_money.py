"""Rates and conversion, as the database reckons them (ANA-012, DEA-102)."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import func, literal, select

from analytics.consumers import SUBSCRIPTION
from analytics.queries.frame import get_frame
from analytics.queries.money import rate_on
from chassis.testing.service import ServiceUnderTest

Cases = list[tuple[Decimal, Decimal, Decimal]]


def half_even(amount: Decimal, given_rate: Decimal, wanted_rate: Decimal) -> Decimal:
    exact = Fraction(amount) * Fraction(given_rate) / Fraction(wanted_rate)
    return Decimal(round(exact * 100)).scaleb(-2)  # Python rounds a half fraction to even


async def converted(service: ServiceUnderTest, cases: Cases) -> list[Decimal]:
    async with service.database.reading() as session:
        row = await session.execute(select(*(func.converted(*case) for case in cases)))
        return list(row.one())


@pytest.mark.parametrize(
    ("amount", "result"),
    [("0.125", "0.12"), ("0.135", "0.14"), ("-0.125", "-0.12"), ("2.5", "2.50"), ("0", "0.00")],
)
async def test_a_tie_goes_to_the_even_cent(
    service: ServiceUnderTest, amount: str, result: str
) -> None:
    """ANA-012: half-even; the database's own round would answer 0.13."""
    one, two = Decimal(1), Decimal(2)
    case = Decimal(amount)
    assert await converted(service, [(case, one, one), (case, two, two)]) == [Decimal(result)] * 2


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cases=some.lists(
        some.tuples(
            some.decimals(-(10**17), 10**17, places=4),
            some.decimals("0.00000001", 10**6, places=8),
            some.sampled_from([Decimal(n) for n in ("1", "2", "3", "8", "0.08", "0.00000003")]),
        ),
        min_size=1,
        max_size=40,
    )
)
async def test_conversion_is_exact_and_half_even(service: ServiceUnderTest, cases: Cases) -> None:
    """ANA-012: no digit is lost on the way, whatever the size."""
    assert await converted(service, cases) == [half_even(*case) for case in cases]


async def rate(service: ServiceUnderTest, code: str, *day: int) -> Any:
    async with service.database.reading() as session:
        frame = await get_frame(session, "national")
        return await session.scalar(select(rate_on(literal(code), literal(date(*day)), frame)))


async def test_the_rate_of_a_day_is_the_newest_of_the_ten_days_before(
    service: ServiceUnderTest, story: Any
) -> None:
    """DEA-102."""
    story.currency("EUR", national=True)
    story.currency("USD")
    story.rate("USD", date(2026, 3, 1), "0.9")
    story.rate("USD", date(2026, 3, 5), "0.8")
    story.rate("EUR", date(2026, 3, 1), "7")  # an old national rate means nothing
    await service.deliver(SUBSCRIPTION, story.bodies)

    assert await rate(service, "USD", 2026, 2, 28) is None
    assert await rate(service, "USD", 2026, 3, 4) == Decimal("0.9")
    assert await rate(service, "USD", 2026, 3, 15) == Decimal("0.8")
    assert await rate(service, "USD", 2026, 3, 16) is None
    assert await rate(service, "EUR", 1999, 1, 1) == 1
    assert await rate(service, "GBP", 2026, 3, 5) is None


async def test_the_latest_national_currency_is_it_and_a_corrected_rate_counts(
    service: ServiceUnderTest, story: Any
) -> None:
    """DEA-099, DEA-103."""
    story.currency("EUR", national=True)
    story.currency("USD", national=True)
    story.currency("EUR", national=False)
    story.rate("EUR", date(2026, 3, 1), "1.1")
    story.rate("EUR", date(2026, 3, 1), "1.2")
    await service.deliver(SUBSCRIPTION, story.bodies)
    assert await rate(service, "EUR", 2026, 3, 1) == Decimal("1.2")
    assert await rate(service, "USD", 2026, 3, 1) == 1
