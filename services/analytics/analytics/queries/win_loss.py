"""Won against lost (ANA-084): in all, and by what the deals have in common."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Row,
    Select,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.figures import mean_days, percent
from analytics.domain.periods import WINDOW, Period, last_months
from analytics.domain.win_loss import Balance, LostReason, MonthlyBalance, NamedBalance, WinLoss
from analytics.models.facts import Deal, Line
from analytics.queries.frame import Frame, head
from analytics.queries.money import figure, find_missing_rates, priced, sum_of
from analytics.queries.names import UNKNOWN, names_of
from analytics.queries.records import Asked, visible_deals

Basis = Literal["closed", "created"]

DIMENSIONS: Final = {
    "source": Deal.source_id,
    "owner": Deal.owner_id,
    "department": Deal.department_id,
    "company": Deal.company_id,
    "stage_before": Deal.stage_before_id,
    "reason": Deal.reason_id,
}
NO_NAME: Final = {"product": "No product", "reason": "No reason"}

Group = tuple[Any, Row[Any]]
"""The id or month that deals have in common, and what they come to."""


async def get_win_loss(
    session: AsyncSession, asked: Asked, frame: Frame, period: Period, basis: Basis
) -> WinLoss:
    """Reckon the deals closed in the period; with basis `created`, those created in it."""
    recent = last_months(WINDOW, frame.today)
    deals = priced(_closed_deals(asked, basis, period), frame)
    groups = _groups((await session.execute(_by_each_dimension(deals))).all())
    groups["product"] = [(row.key, row) for row in await session.execute(_by_product(deals))]
    lately = priced(_closed_deals(asked, basis, recent), frame)
    months = [(row.key, row) for row in await session.execute(_by_month(lately))]
    counted = priced(_closed_deals(asked, basis, period, recent), frame)
    names = await _names(session, groups)
    ((_, total),) = groups["all"]

    def named(dimension: str) -> list[NamedBalance]:
        return [
            NamedBalance(**_identity(names, dimension, key), **_balance(row, frame))
            for key, row in sorted(groups[dimension], key=_most_deals_first)
        ]

    return WinLoss(
        **head(frame, asked, await find_missing_rates(session, counted), period),
        totals=Balance(**_balance(total, frame)),
        by_source=named("source"),
        by_owner=named("owner"),
        by_department=named("department"),
        by_product=named("product"),
        by_company=named("company"),
        by_stage_before=named("stage_before"),
        lost_reasons=_lost_reasons(groups["reason"], names, frame),
        by_month=_monthly(period, groups["month"], frame),
        last_12_months=_monthly(recent, months, frame),
    )


def _closed_deals(asked: Asked, basis: Basis, *periods: Period) -> Select[Any]:
    counted_on = Deal.closed_on if basis == "closed" else Deal.created_on
    return visible_deals(
        asked,
        *DIMENSIONS.values(),
        Deal.id,
        Deal.status,
        Deal.amount,
        Deal.currency,
        Deal.closed_on.label("day"),
        type_coerce(Deal.closed_on - Deal.created_on, Integer).label("days"),
        func.to_char(counted_on, "YYYY-MM").label("month"),
    ).where(
        Deal.status.in_(("won", "lost")),
        Deal.closed_on.is_not(None),
        or_(*(counted_on.between(period.first, period.last) for period in periods)),
    )


def _measures(deals: CTE) -> list[ColumnElement[Any]]:
    won, lost = deals.c.status == "won", deals.c.status == "lost"
    return [
        func.count().filter(won).label("won"),
        func.count().filter(lost).label("lost"),
        *sum_of(deals, "revenue_won", won),
        *sum_of(deals, "revenue_lost", lost),
        func.avg(deals.c.days).filter(won).label("days_to_win"),
        func.avg(deals.c.days).filter(lost).label("days_to_lose"),
    ]


def _by_each_dimension(deals: CTE) -> Select[Any]:
    """Count each deal once under every dimension, and once under none: one pass over all."""
    columns = _columns(deals)
    sets = func.grouping_sets(tuple_(), *(tuple_(column) for column in columns))
    absent = func.grouping(*columns).label("absent")
    return select(absent, *columns, *_measures(deals)).group_by(sets)


def _columns(deals: CTE) -> list[ColumnElement[Any]]:
    return [*(deals.c[column.key] for column in DIMENSIONS.values()), deals.c.month]


def _groups(rows: Sequence[Row[Any]]) -> dict[str, list[Group]]:
    """Sort rows by dimension; `absent` has a bit for each column that a row does not go by."""
    names = [*DIMENSIONS, "month"]
    everything = (1 << len(names)) - 1
    place = {everything ^ (1 << bit): name for bit, name in enumerate(reversed(names))}
    groups: dict[str, list[Group]] = {name: [] for name in (*names, "all")}
    for row in rows:
        name = place.get(row.absent, "all")
        key = None if name == "all" else row[1 + names.index(name)]
        groups[name].append((key, row))
    return groups


def _by_product(deals: CTE) -> Select[Any]:
    lines = select(Line.deal_id, Line.product_id).where(Line.counts).distinct().subquery()
    key = lines.c.product_id.label("key")
    query = select(key, *_measures(deals)).group_by(key)
    return query.outerjoin_from(deals, lines, lines.c.deal_id == deals.c.id)


def _by_month(deals: CTE) -> Select[Any]:
    return select(deals.c.month.label("key"), *_measures(deals)).group_by(deals.c.month)


def _most_deals_first(group: Group) -> tuple[int, str]:
    key, row = group
    return -row.won - row.lost, str(key)


async def _names(session: AsyncSession, groups: Mapping[str, Sequence[Group]]) -> dict[UUID, str]:
    named = (rows for dimension, rows in groups.items() if dimension not in ("month", "all"))
    return await names_of(session, (key for rows in named for key, _ in rows))


def _identity(names: Mapping[UUID, str], dimension: str, key: UUID | None) -> dict[str, Any]:
    """Say whose a group is; what is not known by name is still a group of its own."""
    if key is None:
        return {"id": None, "name": NO_NAME.get(dimension, UNKNOWN)}
    return {"id": key, "name": names.get(key, UNKNOWN)}


def _balance(row: Row[Any] | None, frame: Frame) -> dict[str, Any]:
    won, lost = (row.won, row.lost) if row else (0, 0)
    return {
        "won": won,
        "lost": lost,
        "revenue_won": figure(row, "revenue_won", frame),
        "revenue_lost": figure(row, "revenue_lost", frame),
        "win_rate": percent(won, won + lost),
        "mean_days_to_win": mean_days(row.days_to_win if row else None),
        "mean_days_to_lose": mean_days(row.days_to_lose if row else None),
    }


def _monthly(period: Period, groups: Sequence[Group], frame: Frame) -> list[MonthlyBalance]:
    """Answer every month of the period, empty ones too (ANA-010)."""
    found = dict(groups)
    names = [f"{month:%Y-%m}" for month in period.months()]
    return [MonthlyBalance(month=name, **_balance(found.get(name), frame)) for name in names]


def _lost_reasons(
    groups: Sequence[Group], names: Mapping[UUID, str], frame: Frame
) -> list[LostReason]:
    all_lost = sum(row.lost for _, row in groups)
    return [
        LostReason(
            **_identity(names, "reason", key),
            lost=row.lost,
            share=percent(row.lost, all_lost),
            revenue_lost=figure(row, "revenue_lost", frame),
        )
        for key, row in sorted(groups, key=lambda group: (-group[1].lost, str(group[0])))
        if row.lost
    ]
