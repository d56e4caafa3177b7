"""Deals of the last six months: how many came, how many were closed, what was won (ANA-036)."""

from typing import Any, Final, Literal

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.dashboard import DealMonth
from analytics.domain.figures import Figure, total
from analytics.domain.periods import last_months
from analytics.models.facts import Deal
from analytics.queries.frame import Frame
from analytics.queries.money import figure, priced, sum_of
from analytics.queries.records import Asked, visible_deals

Basis = Literal["closed", "created"]

MONTHS: Final = 6


async def get_deal_months(
    session: AsyncSession, counted: Asked, earned: Asked | None, frame: Frame, basis: Basis
) -> list[DealMonth]:
    """Answer the current month and the five before it, oldest first.

    Deals are counted as `counted` reaches, revenue as `earned` does. With basis `created` the
    closed ones, too, are those created in the month.
    """
    number = (await session.execute(_outcomes(counted, frame))).all()
    money = (await session.execute(_outcomes(earned, frame, money=True))).all() if earned else []
    closed_in = "closed_in" if basis == "closed" else "created_in"

    def month(name: str) -> DealMonth:
        closed = [row for row in number if getattr(row, closed_in) == name]
        won = [row for row in money if getattr(row, closed_in) == name and row.status == "won"]
        return DealMonth(
            month=name,
            total=sum(row.deals for row in number if row.created_in == name),
            won=sum(row.deals for row in closed if row.status == "won"),
            lost=sum(row.deals for row in closed if row.status == "lost"),
            revenue=_sum(won, frame) if earned else None,
        )

    months = last_months(MONTHS, frame.today).months()
    return [month(f"{first:%Y-%m}") for first in months]


def _sum(rows: list[Row[Any]], frame: Frame) -> Figure:
    return total([figure(row, "revenue", frame) for row in rows], frame.currency)


def _outcomes(asked: Asked, frame: Frame, *, money: bool = False) -> Select[Any]:
    """Count, or sum up, the deals of these months by the months of their creation and closing."""
    first = last_months(MONTHS, frame.today).first
    records = visible_deals(
        asked,
        Deal.status,
        Deal.amount,
        Deal.currency,
        func.coalesce(Deal.closed_on, frame.today).label("day"),
        func.to_char(Deal.created_on, "YYYY-MM").label("created_in"),
        func.to_char(Deal.closed_on, "YYYY-MM").label("closed_in"),
    ).where(or_(Deal.created_on >= first, Deal.closed_on >= first))
    deals = priced(records, frame) if money else records.cte()
    by = (deals.c.status, deals.c.created_in, deals.c.closed_in)
    measures = sum_of(deals, "revenue") if money else (func.count().label("deals"),)
    return select(*by, *measures).group_by(*by)
