"""Lead source summary (ANA-067): what each source brought and what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.figures import mean_days, percent, total
from analytics.domain.lead_sources import LeadSources, SourceFigures, SourceMonth, SourceRow
from analytics.domain.periods import Period
from analytics.models.dimensions import Stage
from analytics.models.facts import Deal, Lead, Request
from analytics.queries.frame import Frame, head
from analytics.queries.money import figure, find_missing_rates, priced, sum_of
from analytics.queries.names import UNKNOWN, names_of
from analytics.queries.records import Asked, visible_deals, visible_leads, visible_requests

RATE_DIGITS: Final = 2


class Key(NamedTuple):
    """Whose figures: everything, or a source, which may be none; and which month, if any."""

    everything: bool
    source_id: UUID | None
    month: str | None = None


ALL: Final = Key(everything=True, source_id=None)

Found = Mapping[str, Mapping[Key, Row[Any]]]
"""The rows of requests, leads and deals."""


async def get_lead_sources(
    session: AsyncSession, asked: Asked, frame: Frame, period: Period
) -> LeadSources:
    """Reckon what was created in the period, by source."""
    wanted = asked.filters.source
    everywhere = replace(asked, filters=replace(asked.filters, source=None))
    queries = {
        "requests": _requests(everywhere, period),
        "leads": _leads(everywhere, period),
        "deals": _deals(priced(_created_deals(everywhere, frame, period), frame)),
    }
    found = {name: _by_key(await session.execute(query)) for name, query in queries.items()}
    sources = {key.source_id for rows in found.values() for key in rows if key != ALL}
    shown = {wanted} if wanted else sources
    names = await names_of(session, shown)
    rows = [
        SourceRow(
            id=source,
            name=names.get(source, UNKNOWN) if source else UNKNOWN,
            **_figures(found, Key(everything=False, source_id=source), frame),
        )
        for source in shown
    ]
    all_shown = Key(everything=False, source_id=wanted) if wanted else ALL
    lacking = priced(_created_deals(asked, frame, period), frame)
    return LeadSources(
        **head(frame, asked, await find_missing_rates(session, lacking), period),
        totals=SourceFigures(**_figures(found, all_shown, frame)),
        sources=sorted(rows, key=lambda row: (-row.leads, row.name, str(row.id))),
        by_month=[_month(found, f"{month:%Y-%m}", shown, frame) for month in period.months()],
    )


def _requests(asked: Asked, period: Period) -> Select[Any]:
    month = func.to_char(Request.received_on, "YYYY-MM").label("month")
    won = or_(Deal.status == "won", and_(Deal.status == "open", Stage.conditional_win.is_(True)))
    with_deal = select(Deal.request_id).where(Deal.counts, Deal.request_id.is_not(None))
    with_win = with_deal.outerjoin(Stage, Stage.id == Deal.stage_id).where(won)
    query = visible_requests(
        asked,
        func.count().label("requests"),
        func.count().filter(Request.id.in_(with_deal)).label("with_deal"),
        func.count().filter(Request.id.in_(with_win)).label("with_win"),
    ).where(Request.received_on.between(period.first, period.last))
    return _grouped(query, Request.source_id, month)


def _leads(asked: Asked, period: Period) -> Select[Any]:
    month = func.to_char(Lead.created_on, "YYYY-MM").label("month")
    with_deal = select(Deal.lead_id).where(Deal.counts, Deal.lead_id.is_not(None))
    query = visible_leads(
        asked,
        func.count().label("leads"),
        func.count().filter(Lead.id.in_(with_deal)).label("opportunities"),
        func.count().filter(Lead.converted.is_(True)).label("converted"),
        func.count().filter(Lead.promoted.is_(True)).label("promoted"),
    ).where(Lead.created_on.between(period.first, period.last))
    return _grouped(query, Lead.source_id, month)


def _created_deals(asked: Asked, frame: Frame, period: Period) -> Select[Any]:
    return visible_deals(
        asked,
        Deal.source_id,
        Deal.status,
        Deal.amount,
        Deal.currency,
        func.coalesce(Deal.closed_on, literal(frame.today)).label("day"),
        type_coerce(Deal.closed_on - Deal.created_on, Integer).label("days"),
        func.to_char(Deal.created_on, "YYYY-MM").label("month"),
    ).where(Deal.created_on.between(period.first, period.last))


def _deals(deals: CTE) -> Select[Any]:
    won, lost = deals.c.status == "won", deals.c.status == "lost"
    query = select(
        func.count().label("deals"),
        func.count().filter(won).label("won"),
        func.count().filter(lost).label("lost"),
        *sum_of(deals, "potential_revenue", deals.c.status == "open"),
        *sum_of(deals, "revenue_won", won),
        func.avg(deals.c.days).filter(won).label("days_to_win"),
    )
    return _grouped(query, deals.c.source_id, deals.c.month)


def _grouped(query: Select[Any], source: Any, month: ColumnElement[str]) -> Select[Any]:
    """Reckon all, each source, and each source's months."""
    sets = func.grouping_sets(tuple_(), tuple_(source), tuple_(source, month))
    columns = (source.label("source_id"), month.label("month"))
    return query.add_columns(*columns, func.grouping(source).label("all")).group_by(sets)


def _by_key(rows: Iterable[Row[Any]]) -> dict[Key, Row[Any]]:
    return {Key(bool(row.all), row.source_id, row.month): row for row in rows}


def _figures(found: Found, key: Key, frame: Frame) -> dict[str, Any]:
    requests, leads, deals = (found[name].get(key) for name in ("requests", "leads", "deals"))
    asked_for = requests.requests if requests else 0
    led = leads.leads if leads else 0
    won, lost = (deals.won, deals.lost) if deals else (0, 0)
    return {
        "requests": asked_for,
        "request_conversion": percent(requests.with_deal if requests else 0, asked_for),
        "request_win": percent(requests.with_win if requests else 0, asked_for),
        "leads": led,
        "share": percent(led, found["leads"][ALL].leads),
        "opportunities": leads.opportunities if leads else 0,
        "lead_conversion": percent(leads.converted if leads else 0, led, RATE_DIGITS),
        "promotion_rate": percent(leads.promoted if leads else 0, led, RATE_DIGITS),
        "won": won,
        "lost": lost,
        "win_rate": percent(won, won + lost),
        "won_share": percent(won, deals.deals if deals else 0),
        "potential_revenue": figure(deals, "potential_revenue", frame),
        "revenue_won": figure(deals, "revenue_won", frame),
        "mean_days_to_win": mean_days(deals.days_to_win if deals else None),
    }


def _month(found: Found, month: str, sources: Iterable[UUID | None], frame: Frame) -> SourceMonth:
    keys = [Key(everything=False, source_id=source, month=month) for source in sources]
    requests, leads, deals = (
        [found[name][key] for key in keys if key in found[name]]
        for name in ("requests", "leads", "deals")
    )
    return SourceMonth(
        month=month,
        requests=sum(row.requests for row in requests),
        leads=sum(row.leads for row in leads),
        won=sum(row.won for row in deals),
        revenue_won=total([figure(row, "revenue_won", frame) for row in deals], frame.currency),
    )
