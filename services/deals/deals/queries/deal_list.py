"""The list of deals: one query, whatever is filtered, sorted or joined (DEA-038 to DEA-041)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select

from chassis.auth import Caller
from chassis.database import there
from deals.models import (
    Company,
    Contact,
    Customer,
    Deal,
    Output,
    Payment,
    Pipeline,
    Stage,
    User,
)
from deals.queries.deals import deal, seen_by
from deals.queries.search import NOBODY, Clients, deal_holds
from kernel import clock

SORTS: dict[str, Any] = {
    "created_at": deal.created_at,
    "next_step_date": deal.next_step_date,
    "priority": deal.priority,
    "amount": deal.amount,
    "expected_close": deal.expected_close,
    "probability": deal.probability,
    "name": deal.name,
    "stage": Stage.__table__.c.position,
}


@dataclass(frozen=True)
class DealFilter:
    """What a caller asked of the list; `None` asks nothing."""

    pipeline: UUID | None = None
    stage: UUID | None = None
    status: str | None = None
    owner: UUID | None = None
    co_owner: UUID | None = None
    team: UUID | None = None
    department: UUID | None = None
    company: UUID | None = None
    customer: UUID | None = None
    contact: UUID | None = None
    lead: UUID | None = None
    request: UUID | None = None
    partner: UUID | None = None
    reason: UUID | None = None
    source: UUID | None = None
    product: UUID | None = None
    important: bool | None = None
    priority: int | None = None
    country: str | None = None
    city: str | None = None
    changed_by: str | None = None
    created_from: date | None = None
    created_to: date | None = None
    closed_from: date | None = None
    closed_to: date | None = None
    expected_from: date | None = None
    expected_to: date | None = None
    next_step_from: date | None = None
    next_step_to: date | None = None
    has_payments: bool | None = None
    overdue_step: bool | None = None
    deleted: bool = False
    q: str | None = None


EQUAL = {
    "pipeline": deal.pipeline_id,
    "stage": deal.stage_id,
    "owner": deal.owner_id,
    "co_owner": deal.co_owner_id,
    "team": deal.team_id,
    "department": deal.department_id,
    "company": deal.company_id,
    "customer": deal.customer_id,
    "contact": deal.contact_id,
    "lead": deal.lead_id,
    "request": deal.request_id,
    "partner": deal.partner_id,
    "reason": deal.reason_id,
    "source": deal.source_id,
    "important": deal.important,
    "priority": deal.priority,
    "country": deal.country,
    "city": deal.city,
    "changed_by": deal.updated_by,
}
PERIODS = {
    "closed": deal.closed_on,
    "expected": deal.expected_close,
    "next_step": deal.next_step_date,
}
FIRST, LAST = date.min + timedelta(days=1), date.max - timedelta(days=1)


company, contact, customer = Company.__table__, Contact.__table__, Customer.__table__
pipeline, stage, owner = Pipeline.__table__, Stage.__table__, User.__table__
LISTED = (
    select(
        deal.id,
        deal.version,
        deal.code,
        deal.name,
        deal.status,
        deal.amount,
        deal.currency,
        deal.probability,
        deal.pipeline_id,
        pipeline.c.name.label("pipeline_name"),
        deal.stage_id,
        stage.c.name.label("stage_name"),
        stage.c.colour.label("stage_colour"),
        deal.company_id,
        company.c.name.label("company_name"),
        deal.customer_id,
        customer.c.name.label("customer_name"),
        deal.contact_id,
        contact.c.name.label("contact_name"),
        deal.owner_id,
        owner.c.name.label("owner_name"),
        deal.expected_close,
        deal.closed_on,
        deal.next_step,
        deal.next_step_date,
        deal.priority,
        deal.important,
        deal.created_at,
    )
    .select_from(Deal.__table__)
    .join(stage, stage.c.id == deal.stage_id)
    .join(pipeline, pipeline.c.id == deal.pipeline_id)
    .outerjoin(company, company.c.id == deal.company_id)
    .outerjoin(customer, customer.c.id == deal.customer_id)
    .outerjoin(contact, contact.c.id == deal.contact_id)
    .outerjoin(owner, owner.c.id == deal.owner_id)
)


def select_deals(caller: Caller, wanted: DealFilter, clients: Clients = NOBODY) -> Select[Any]:
    """Select the rows of the list that the caller may see and asked for."""
    return LISTED.where(*conditions(caller, wanted, clients))


def conditions(
    caller: Caller, wanted: DealFilter, clients: Clients = NOBODY
) -> Iterator[ColumnElement[bool]]:
    """Answer the conditions of a filter; `clients` are those whose name holds its text."""
    yield there(deal, deleted=True) if wanted.deleted else seen_by(caller)
    yield from _status(wanted)
    for name, column in EQUAL.items():
        if (value := getattr(wanted, name)) is not None:
            yield column == value
    yield from _periods(wanted)
    yield from _related(wanted)
    if wanted.q:
        yield deal_holds(wanted.q, clients)


def _status(wanted: DealFilter) -> Iterator[ColumnElement[bool]]:
    """Show open deals unless others are asked for, be it by a stage, a reason or a text."""
    everything = wanted.stage or wanted.reason or wanted.q or wanted.deleted
    status = wanted.status or ("all" if everything else "open")
    if status == "closed":
        yield deal.status != "open"
    elif status != "all":
        yield deal.status == status


def _periods(wanted: DealFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.created_from:
        yield deal.created_at >= _start(wanted.created_from)
    if wanted.created_to:
        yield deal.created_at < _start(wanted.created_to) + timedelta(days=1)
    for name, column in PERIODS.items():
        if since := getattr(wanted, f"{name}_from"):
            yield column >= since
        if until := getattr(wanted, f"{name}_to"):
            yield column <= until


def _start(day: date) -> datetime:
    """Answer when a day begins here; a day at an end of the calendar may not begin elsewhere."""
    return datetime.combine(min(max(day, FIRST), LAST), time.min, clock.zone())


def _related(wanted: DealFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.product:
        yield exists().where(
            Output.deal_id == deal.id,
            Output.product_id == wanted.product,
            Output.deleted_at.is_(None),
        )
    if wanted.has_payments is not None:
        paid = exists().where(Payment.deal_id == deal.id, Payment.deleted_at.is_(None))
        yield paid if wanted.has_payments else ~paid
    if wanted.overdue_step is not None:
        overdue = deal.next_step_date < clock.today()
        yield overdue if wanted.overdue_step else overdue.is_not(True)
