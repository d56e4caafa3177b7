"""Sums of deals in one currency, at the dated rates of each figure's own date."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Numeric,
    Row,
    Text,
    Uuid,
    and_,
    column,
    func,
    literal,
    select,
    table,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from deals.domain.amounts import ZERO, summed
from deals.queries.deals import deal
from deals.queries.rates import Conversion, converted
from kernel.money import Money


@dataclass(frozen=True)
class Total:
    """How many deals there are and what they come to; what has no rate is named, not counted."""

    number: int
    amount: Money
    weighted: Money
    missing_rates: tuple[str, ...]


_GROUP = table(
    "deal_group",
    column("stage_id", Uuid),
    column("currency", Text),
    column("day", Date),
    column("number", BigInteger),
    column("amount", Numeric),
    column("weighted", Numeric),
)
_AMOUNT, _WEIGHTED = converted(_GROUP.c.amount, _GROUP.c), converted(_GROUP.c.weighted, _GROUP.c)
_SUMS = select(
    _GROUP.c.stage_id,
    _GROUP.c.currency,
    func.sum(_GROUP.c.number).label("number"),
    func.sum(_AMOUNT).label("amount"),
    func.sum(_WEIGHTED).label("weighted"),
    func.bool_or(_AMOUNT.is_(None)).label("is_missing"),
).group_by(_GROUP.c.stage_id, _GROUP.c.currency)
"""Converts groups of deals. It is built once: building it takes longer than running it."""


async def _sum(
    session: AsyncSession, conditions: Iterable[ColumnElement[bool]], conversion: Conversion
) -> Sequence[Row[Any]]:
    """Answer, per stage and currency, the number of deals and their sums in the target currency.

    An open deal counts at today's rate, a closed one at that of its closing date. Deals are added
    up per day before they are converted: there are far fewer rates to look up than deals.
    """
    day = func.coalesce(deal.closed_on, literal(conversion.today)).label("day")
    groups = (
        select(
            deal.stage_id,
            deal.currency,
            day,
            func.count().label("number"),
            func.sum(deal.amount).label("amount"),
            func.sum(deal.amount * deal.probability / 100).label("weighted"),
        )
        .where(and_(true(), *conditions))
        .group_by(deal.stage_id, deal.currency, day)
    )
    query = _SUMS.add_cte(groups.cte(_GROUP.name))
    return (await session.execute(query, asdict(conversion))).all()


async def find_totals(
    session: AsyncSession, conditions: Iterable[ColumnElement[bool]], conversion: Conversion
) -> Mapping[UUID, Total]:
    """Answer the totals per stage."""
    by_stage: dict[UUID, list[Any]] = {}
    for row in await _sum(session, conditions, conversion):
        by_stage.setdefault(row.stage_id, []).append(row)
    return {stage_id: total(rows, conversion.target) for stage_id, rows in by_stage.items()}


async def find_total(
    session: AsyncSession, conditions: Iterable[ColumnElement[bool]], conversion: Conversion
) -> Total:
    """Answer the total of all stages."""
    return total(await _sum(session, conditions, conversion), conversion.target)


def total(rows: Sequence[Any], currency: str) -> Total:
    """Add up rows of sums, rounding once at the end."""
    return Total(
        number=sum(int(row.number) for row in rows),
        amount=_money((row.amount for row in rows), currency),
        weighted=_money((row.weighted for row in rows), currency),
        missing_rates=tuple(sorted({row.currency for row in rows if row.is_missing})),
    )


def _money(amounts: Iterable[Decimal | None], currency: str) -> Money:
    exact = sum((amount for amount in amounts if amount is not None), ZERO)
    return summed(exact, currency)
