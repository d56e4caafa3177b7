"""The dashboard (ANA-027): every block, in a fixed number of statements."""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Select, and_, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain import dashboard as blocks
from analytics.domain.dashboard import Dashboard
from analytics.domain.figures import MissingRate, average
from analytics.models.dimensions import Company, Customer, LeadStatus, Pipeline, Source, User
from analytics.models.facts import Deal, Lead
from analytics.queries.deals_by_month import Basis, get_deal_months
from analytics.queries.frame import Frame, head
from analytics.queries.money import figure, find_missing_rates, priced, sum_of
from analytics.queries.names import UNKNOWN
from analytics.queries.records import (
    Asked,
    visible_companies,
    visible_customers,
    visible_deals,
    visible_leads,
)

VIEW: Final = "analytics.dashboard.view"
VIEW_REVENUE: Final = "analytics.dashboard.view_revenue"

RECENT: Final = 5

NO_RECORDS: Final = dict.fromkeys(
    (
        "companies",
        "customers",
        "leads",
        "deals",
        "recent",
        "deals_by_month",
        "leads_by_source",
        "pipelines",
    )
)


async def get_dashboard(
    session: AsyncSession, asked: Asked, frame: Frame, basis: Basis, *, promoted: bool
) -> Dashboard:
    """Answer the blocks that the caller's rights reach; `promoted` leads count if asked for."""
    rights = asked.caller.rights
    counted = replace(asked, right=VIEW) if VIEW in rights else None
    earned = replace(asked, right=VIEW_REVENUE) if VIEW_REVENUE in rights else None
    revenue, missing = await _revenue(session, earned, frame) if earned else (None, [])
    records: dict[str, Any] = NO_RECORDS
    if counted:
        records = {
            **await _counts(session, counted, promoted=promoted),
            "recent": await _recent(session, counted),
            "deals_by_month": await get_deal_months(session, counted, earned, frame, basis),
            "leads_by_source": await _leads_by_source(session, counted, promoted=promoted),
            "pipelines": await _pipelines(session, counted),
        }
    return Dashboard(**head(frame, asked, missing), revenue=revenue, **records)


async def _counts(session: AsyncSession, asked: Asked, *, promoted: bool) -> dict[str, Any]:
    number = func.count()
    companies = visible_companies(asked, number, number.filter(Company.active.is_(True)))
    customers = visible_customers(asked, number)
    leads = _leads(asked, number, number.filter(LeadStatus.qualified.is_(True)), promoted=promoted)
    leads = leads.outerjoin_from(Lead, LeadStatus, LeadStatus.id == Lead.status_id)
    deals = visible_deals(
        asked, number, number.filter(Deal.status == "open"), number.filter(Deal.status == "won")
    )
    return {
        "companies": blocks.CompanyCount(*(await session.execute(companies)).one()),
        "customers": blocks.CustomerCount(*(await session.execute(customers)).one()),
        "leads": blocks.LeadCount(*(await session.execute(leads)).one()),
        "deals": blocks.DealCount(*(await session.execute(deals)).one()),
    }


def _leads(asked: Asked, *columns: Any, promoted: bool) -> Select[Any]:
    query = visible_leads(asked, *columns)
    return query if promoted else query.where(Lead.promoted.is_not(True))


async def _revenue(
    session: AsyncSession, asked: Asked, frame: Frame
) -> tuple[blocks.Revenue, list[MissingRate]]:
    day = func.coalesce(Deal.closed_on, literal(frame.today)).label("day")
    records = visible_deals(asked, Deal.status, Deal.amount, Deal.currency, day)
    deals = priced(records, frame)
    won = deals.c.status == "won"
    query = select(
        func.count().label("deals"),
        func.count().filter(won).label("won"),
        *sum_of(deals, "value"),
        *sum_of(deals, "revenue_won", won),
        *sum_of(deals, "potential", deals.c.status == "open"),
    )
    row = (await session.execute(query)).one()
    revenue = blocks.Revenue(
        total=figure(row, "revenue_won", frame),
        potential=figure(row, "potential", frame),
        average_deal_value=average(figure(row, "revenue_won", frame), row.won),
        average_value=average(figure(row, "value", frame), row.deals),
    )
    return revenue, await find_missing_rates(session, deals)


async def _recent(session: AsyncSession, asked: Asked) -> blocks.RecentRecords:
    company_owner = func.coalesce(Customer.owner_id, Company.owner_id)
    kinds = {
        "companies": _newest(visible_companies(asked), Company, Company.owner_id),
        "customers": _newest(visible_customers(asked), Customer, company_owner),
        "deals": _newest(visible_deals(asked), Deal, Deal.owner_id),
    }
    newest = union_all(
        *(select(query, literal(kind).label("kind")) for kind, query in kinds.items())
    ).subquery("newest")
    query = (
        select(newest, User.name.label("owner"))
        .outerjoin_from(newest, User, User.id == newest.c.owner_id)
        .order_by(newest.c.created_at.desc(), newest.c.id.desc())
    )
    found: dict[str, list[blocks.Recent]] = {kind: [] for kind in kinds}
    for row in await session.execute(query):
        made = blocks.Recent(row.id, row.name, row.owner_id, row.owner, row.created_at)
        found[row.kind].append(made)
    return blocks.RecentRecords(**found)


def _newest(query: Select[Any], table: Any, owner: Any) -> Any:
    columns = (table.id, table.name, owner.label("owner_id"), table.created_at)
    query = query.add_columns(*columns).order_by(table.created_at.desc(), table.id.desc())
    return query.limit(RECENT).subquery()


async def _leads_by_source(
    session: AsyncSession, asked: Asked, *, promoted: bool
) -> list[blocks.SourceCount]:
    number = func.count()
    name = func.coalesce(Source.name, UNKNOWN).label("name")
    query = _leads(asked, Lead.source_id, name, number, promoted=promoted)
    query = query.outerjoin_from(Lead, Source, Source.id == Lead.source_id)
    query = query.group_by(Lead.source_id, name).order_by(number.desc(), name)
    return [blocks.SourceCount(*row) for row in await session.execute(query)]


async def _pipelines(session: AsyncSession, asked: Asked) -> list[blocks.PipelineCount]:
    """Count the open deals of every active pipeline, and of the others that have some."""
    opened = visible_deals(asked, Deal.pipeline_id, func.count().label("open"))
    opened = opened.where(Deal.status == "open").group_by(Deal.pipeline_id)
    deals = opened.subquery("deals")
    joined = deals.join(Pipeline.__table__, Pipeline.id == deals.c.pipeline_id, full=True)
    number = func.coalesce(deals.c.open, 0)
    query = (
        select(
            func.coalesce(Pipeline.id, deals.c.pipeline_id),
            func.coalesce(Pipeline.name, UNKNOWN),
            number,
        )
        .select_from(joined)
        .where(or_(and_(Pipeline.counts, Pipeline.active.is_(True)), number > 0))
        .order_by(Pipeline.position, Pipeline.name, Pipeline.id)
    )
    return [blocks.PipelineCount(*row) for row in await session.execute(query)]
