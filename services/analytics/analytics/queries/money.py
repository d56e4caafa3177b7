"""Money in one currency, set by set: one rate per currency and day, never one per row (ANA-012)."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Numeric,
    Select,
    Text,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.figures import CENTS, Figure, MissingRate
from analytics.models.dimensions import Rate
from analytics.queries.frame import Frame
from kernel.money import round_half_even

OLDEST_RATE: Final = 10
"""How many days old a rate may be."""


def priced(records: Select[Any], frame: Frame) -> CTE:
    """Add `value`, the amount in the frame's currency, rounded half-even to 2 decimals.

    The records have `amount`, `currency` and `day`; a day to come has the rate of today. A record
    whose rate is missing has no value and says so in `lacks`.
    """
    rows = records.cte()
    day = func.least(rows.c.day, literal(frame.today, Date()))
    pairs = select(rows.c.currency, day.label("day")).distinct().cte()
    target = literal(frame.currency, Text())
    same = pairs.c.currency == target
    rates = select(
        pairs,
        case((same, 1), else_=rate_on(pairs.c.currency, pairs.c.day, frame)).label("rate_from"),
        case((same, 1), else_=rate_on(target, pairs.c.day, frame)).label("rate_to"),
    ).cte()
    # materialized, or the planner would look the rate up again for every row
    rates = rates.prefix_with("materialized")
    value = func.converted(rows.c.amount, rates.c.rate_from, rates.c.rate_to, type_=Numeric)
    no_rate = or_(rates.c.rate_from.is_(None), rates.c.rate_to.is_(None))
    lacks = and_(no_rate, rows.c.amount.is_not(None))
    found = and_(rates.c.currency == rows.c.currency, rates.c.day == day)
    return (
        select(rows, day.label("rate_day"), value.label("value"), lacks.label("lacks"))
        .outerjoin_from(rows, rates, found)
        .offset(0)  # a fence: without it the value is reckoned again wherever it is used
        .cte()
    )


def rate_on(
    code: ColumnElement[str], day: ColumnElement[date], frame: Frame
) -> ColumnElement[Decimal | None]:
    """Answer the newest rate on or before the day, at most ten days old (DEA-102).

    It is in national currency for one unit, so that of the national currency is 1.
    """
    newest = (
        select(Rate.rate)
        .where(Rate.counts, Rate.code == code, Rate.day.between(day - OLDEST_RATE, day))
        .order_by(Rate.day.desc())
        .limit(1)
        .scalar_subquery()
    )
    return case((code == literal(frame.national, Text()), 1), else_=newest)


def sum_of(
    records: CTE, name: str, where: ColumnElement[bool] | None = None, *, of: str = "value"
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Make the two columns from which `figure` reads the sum called `name`."""
    condition = true() if where is None else where
    lacking = and_(condition, records.c.lacks)
    return (
        func.sum(records.c[of]).filter(condition).label(name),
        func.count().filter(lacking).label(f"{name}_lacks"),
    )


def figure(row: Any, name: str, frame: Frame) -> Figure:
    """Read a sum that `sum_of` made; without a row it is that over nothing."""
    amount = getattr(row, name, None) or Decimal(0)
    incomplete = bool(getattr(row, f"{name}_lacks", 0))
    return Figure(round_half_even(amount, CENTS), frame.currency, incomplete)


async def find_missing_rates(session: AsyncSession, *sets: CTE) -> list[MissingRate]:
    """Answer what no sum over these records has, by currency and date (ANA-013)."""
    lacking = union_all(
        *(
            select(records.c.currency, records.c.rate_day, records.c.amount).where(records.c.lacks)
            for records in sets
        )
    ).subquery()
    by = (lacking.c.currency, lacking.c.rate_day)
    query = select(*by, func.count(), func.sum(lacking.c.amount)).group_by(*by).order_by(*by)
    return [MissingRate(*row) for row in await session.execute(query)]
