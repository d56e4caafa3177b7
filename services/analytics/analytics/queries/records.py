"""Which records a caller's figures count: the one place that scopes and filters them (ANA-015).

A filter concerns the records that have such a field: there are no requests of a pipeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, or_, select

from analytics.models.dimensions import Company, Customer
from analytics.models.facts import Deal, Lead, Line, Payment, Request
from chassis.auth import Caller, Ownership, visible


@dataclass(frozen=True)
class Filters:
    """What a caller narrows figures to; `owner` also finds the deals of a co-owner."""

    department: UUID | None = None
    team: UUID | None = None
    owner: UUID | None = None
    source: UUID | None = None
    product: UUID | None = None
    pipeline: UUID | None = None
    country: str | None = None
    city: str | None = None


@dataclass(frozen=True)
class Asked:
    """Who asks, by which right, for what; `choices` are the answer's own parameters."""

    caller: Caller
    right: str
    filters: Filters
    choices: Mapping[str, str | bool] = field(default_factory=dict)


Columns = SQLColumnExpression[Any]
T = TypeVar("T", UUID, str)


def visible_deals(asked: Asked, *columns: Columns) -> Select[Any]:
    """Select columns of the deals that count."""
    return select(*columns).where(*_deal_conditions(asked))


def visible_payments(asked: Asked, *columns: Columns) -> Select[Any]:
    """Select columns of the payments that count, and of their deals, whose people they share."""
    query = select(*columns).join_from(Payment, Deal, Deal.id == Payment.deal_id)
    return query.where(Payment.counts, *_deal_conditions(asked))


def visible_leads(asked: Asked, *columns: Columns) -> Select[Any]:
    """Select columns of the leads that count."""
    owners = Ownership(Lead.owner_id, team=Lead.team_id, department=Lead.department_id)
    return select(*columns).where(
        Lead.counts,
        *_people(asked, owners),
        *_equal(Lead.source_id, asked.filters.source),
    )


def visible_requests(asked: Asked, *columns: Columns) -> Select[Any]:
    """Select columns of the requests that count: no cases, no duplicates, no spoilt leads."""
    owners = Ownership(Request.owner_id, department=Request.department_id)
    spoilt = select(Lead.id).where(Lead.disqualified.is_(True))
    product = asked.filters.product
    return select(*columns).where(
        Request.counts,
        Request.kind != "case",
        Request.verdict != "duplicate",
        or_(Request.lead_id.is_(None), Request.lead_id.not_in(spoilt)),
        *_people(asked, owners),
        *_place(asked, Request),
        *_equal(Request.source_id, asked.filters.source),
        *([Request.product_ids.contains([product])] if product else []),
    )


def visible_companies(asked: Asked, *columns: Columns) -> Select[Any]:
    """Select columns of the companies that count."""
    owners = Ownership(Company.owner_id, team=Company.team_id, department=Company.department_id)
    return select(*columns).where(Company.counts, *_people(asked, owners), *_place(asked, Company))


def visible_customers(asked: Asked, *columns: Columns) -> Select[Any]:
    """Select columns of the customers that count; those of a company have its people and place."""
    owners = Ownership(
        func.coalesce(Customer.owner_id, Company.owner_id),
        team=func.coalesce(Customer.team_id, Company.team_id),
        department=func.coalesce(Customer.department_id, Company.department_id),
    )
    query = select(*columns).outerjoin_from(Customer, Company, Company.id == Customer.company_id)
    return query.where(Customer.counts, *_people(asked, owners), *_place(asked, Company))


def _deal_conditions(asked: Asked) -> list[ColumnElement[bool]]:
    owners = Ownership(Deal.owner_id, Deal.co_owner_id, Deal.team_id, Deal.department_id)
    filters = asked.filters
    lines = select(Line.deal_id).where(Line.counts, Line.product_id == filters.product)
    return [
        Deal.counts.is_(True),
        *_people(asked, owners),
        *_place(asked, Deal),
        *_equal(Deal.source_id, filters.source),
        *_equal(Deal.pipeline_id, filters.pipeline),
        *([Deal.id.in_(lines)] if filters.product else []),
    ]


def _people(asked: Asked, owners: Ownership) -> list[ColumnElement[bool]]:
    """Select what the right reaches and the filters for people let through."""
    filters = asked.filters
    conditions = [
        visible(asked.caller, asked.right, owners),
        *_equal(owners.department, filters.department),
        *_equal(owners.team, filters.team),
    ]
    if filters.owner:
        both = [column for column in (owners.owner, owners.co_owner) if column is not None]
        conditions.append(or_(*(column == filters.owner for column in both)))
    return conditions


def _place(
    asked: Asked, table: type[Deal] | type[Request] | type[Company]
) -> list[ColumnElement[bool]]:
    filters = asked.filters
    return [*_equal(table.country, filters.country), *_equal(table.city, filters.city)]


def _equal(
    column: SQLColumnExpression[T | None] | None, value: T | None
) -> list[ColumnElement[bool]]:
    return [column == value] if value and column is not None else []
