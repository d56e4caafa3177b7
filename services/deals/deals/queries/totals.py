"""Sums of deals in one currency, at the dated rates of each figure's own date."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from deals.domain.amounts import ZERO
from deals.models import Deal
from deals.queries.rates import Conversion, converted
from kernel import clock
from kernel.currencies import decimals
from kernel.money import Money, round_half_even


@dataclass(frozen=True)
class Total:
    """How many deals there are and what they come to; what has no rate is named, not counted."""

    number: int
    amount: Money
    weighted: Money
    missing_rates: tuple[str, ...]


def sums(conditions: Iterable[ColumnElement[bool]], conversion: Conversion) -> Select[Any]:
    """Select, per stage and currency, the number of deals and their sums in the target currency.

    An open deal counts at today's rate, a closed one at that of its closing date. Deals are added
    up per day before they are converted: there are far fewer rates to look up than deals.
    """
    day = func.coalesce(Deal.closed_on, literal(clock.today())).label("day")
    groups = (
        select(
            Deal.stage_id,
            Deal.currency,
            day,
            func.count().label("number"),
            func.sum(Deal.amount).label("amount"),
            func.sum(Deal.amount * Deal.probability / 100).label("weighted"),
        )
        .where(and_(true(), *conditions))
        .group_by(Deal.stage_id, Deal.currency, day)
        .subquery()
    )
    amount = converted(groups.c.amount, groups.c.currency, groups.c.day, conversion)
    weighted = converted(groups.c.weighted, groups.c.currency, groups.c.day, conversion)
    return select(
        groups.c.stage_id,
        groups.c.currency,
        func.sum(groups.c.number).label("number"),
        func.sum(amount).label("amount"),
        func.sum(weighted).label("weighted"),
        func.bool_or(amount.is_(None)).label("is_missing"),
    ).group_by(groups.c.stage_id, groups.c.currency)


async def find_totals(
    session: AsyncSession, conditions: Iterable[ColumnElement[bool]], conversion: Conversion
) -> Mapping[UUID, Total]:
    """Answer the totals per stage."""
    by_stage: dict[UUID, list[Any]] = {}
    for row in await session.execute(sums(conditions, conversion)):
        by_stage.setdefault(row.stage_id, []).append(row)
    return {stage_id: total(rows, conversion.target) for stage_id, rows in by_stage.items()}


async def find_total(
    session: AsyncSession, conditions: Iterable[ColumnElement[bool]], conversion: Conversion
) -> Total:
    """Answer the total of all stages."""
    rows = (await session.execute(sums(conditions, conversion))).all()
    return total(rows, conversion.target)


def total(rows: Iterable[Any], currency: str) -> Total:
    """Add up rows of `sums`, rounding once at the end."""
    rows = list(rows)
    return Total(
        number=sum(int(row.number) for row in rows),
        amount=_money((row.amount for row in rows), currency),
        weighted=_money((row.weighted for row in rows), currency),
        missing_rates=tuple(sorted({row.currency for row in rows if row.is_missing})),
    )


def _money(amounts: Iterable[Decimal | None], currency: str) -> Money:
    exact = sum((amount for amount in amounts if amount is not None), ZERO)
    return Money(amount=round_half_even(exact, decimals(currency)), currency=currency)
