"""Turning a lead into a customer, all at once (INT-115 to INT-128)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from contracts.intake import NewDeal
from intake.commands.changes import edit, say
from intake.commands.conversion_choice import choose, lock_parties, traits_of
from intake.commands.conversion_parties import Plan, make_company, make_contact, make_customer
from intake.commands.customers import terms_of
from intake.commands.indexing import present
from intake.commands.leads import move_lead
from intake.domain.conversion import Form, Known, mistakes, overridden, prefilled
from intake.domain.refusals import refuse_wrong
from intake.domain.terms import check_terms, default_terms
from intake.events import leads as events
from intake.events.requests import request_updated
from intake.models import Lead, Request
from intake.queries.dictionaries import find_status_by_code
from intake.queries.preferences import get_preferences
from intake.queries.replicas import check_place, find_deals_of_lead
from kernel import clock
from kernel.errors import Conflict, invalid
from kernel.ids import uuid7


def known_of(lead: Lead) -> Known:
    """Answer what a lead offers for the conversion form."""
    return Known(
        title=lead.title,
        contact_name=lead.contact_name,
        email=lead.contact_email or next(iter(lead.emails), None),
        phone=next(iter(present(lead.contact_phone, lead.mobile, *lead.phones)), None),
        company_name=lead.company_name,
        value=events.value_of(lead),
    )


async def lock_around_lead(
    session: AsyncSession, lead_id: UUID, given: Mapping[str, Any] | None = None
) -> None:
    """Lock what everybody locks before a lead itself: the names it carries, then its requests.

    Whoever writes in the same moment holds the names and may wait for the lead.
    """
    lead = await session.get(Lead, lead_id)
    if lead:
        await lock_parties(session, traits_of(lead, Form(**(given or {}))))
        await lock_requests_of(session, lead_id)


async def lock_requests_of(session: AsyncSession, lead_id: UUID) -> Sequence[Request]:
    """Lock the requests of a lead."""
    query = select(Request).where(Request.lead_id == lead_id, Request.deleted_at.is_(None))
    locked = query.order_by(Request.id).with_for_update(key_share=True)
    return (await session.scalars(locked)).all()


async def convert_lead(
    session: AsyncSession,
    lead: Lead,
    caller: Caller,
    given: dict[str, Any],
    *,
    one_click: bool,
) -> None:
    """Convert a locked lead by a filled-in form, or with one click by the pre-filled one.

    Raises:
        Forbidden: the right does not reach the lead, or the terms of the customer it updates.
        Conflict: it is converted already, several records match, or it has a deal already.
        Invalid: something is missing, unknown, or does not go together.
    """
    caller.require("intake.lead.convert", lead)
    refuse_second(lead)
    form = overridden(prefilled(known_of(lead)), given) if one_click else Form(**given)
    refuse_wrong(mistakes(form, one_click=one_click))
    deal = await _new_deal(session, lead, form)
    choice = await choose(session, lead, form, caller)
    if choice.customer and form.terms:
        caller.require("intake.customer.change_terms", choice.customer)
    preferences = await get_preferences(session)
    check_terms(
        form.terms, terms_of(choice.customer) if choice.customer else default_terms(preferences)
    )
    await carry_out(session, lead, Plan(form, choice, preferences, uuid7(), deal))


def refuse_second(lead: Lead) -> None:
    """Refuse to convert a lead that is converted already (INT-126).

    Raises:
        Conflict: with what it became.
    """
    if lead.converted_at:
        raise Conflict(
            "The lead is converted already.",
            code="lead_converted",
            converted_at=lead.converted_at,
            customer_id=lead.customer_id,
            contact_id=lead.contact_id,
            company_id=lead.company_id,
            deal_id=lead.deal_id,
        )


async def carry_out(session: AsyncSession, lead: Lead, plan: Plan) -> None:
    """Make what is new, update what exists, and let the lead and its requests name it."""
    company = await make_company(session, lead, plan)
    contact = await make_contact(session, lead, plan, company)
    customer = await make_customer(session, lead, plan, company, contact)
    earlier = [deal.id for deal in await find_deals_of_lead(session, lead.id, lead.deal_id)]
    linked = {*earlier, *present_ids(lead.deal_id, plan.won_deal_id)}
    values = {
        "customer_id": customer.id,
        "company_id": company.id if company else customer.company_id,
        "contact_id": contact.id if contact else customer.contact_id,
        "deal_id": plan.deal.deal_id if plan.deal else lead.deal_id or plan.won_deal_id,
        "converted_at": clock.now(),
    }
    status = await find_status_by_code(session, "converted")
    if status and status.id != lead.status_id:
        move_lead(session, lead, status)
    edit(session, lead, values, "converted")
    event = events.lead_converted(
        lead,
        customer_is_new=plan.choice.customer is None,
        deal=plan.deal,
        linked_deal_ids=sorted(linked),
        carry_communications=plan.preferences.leads_carry_communications,
    )
    say(session, lead, event)
    await _move_requests(session, lead)


def present_ids(*ids: UUID | None) -> tuple[UUID, ...]:
    """Answer the ids that are there."""
    return tuple(value for value in ids if value)


async def _new_deal(session: AsyncSession, lead: Lead, form: Form) -> NewDeal | None:
    if not form.create_deal:
        return None
    if lead.deal_id:
        raise Conflict("The lead has a deal already.", code="lead_has_deal", deal_id=lead.deal_id)
    place = await check_place(session, form.pipeline_id, form.stage_id)
    if place is None or form.deal_title is None or form.deal_value is None:
        raise invalid("pipeline_id", "is required", "missing")
    return NewDeal(
        deal_id=uuid7(),
        name=form.deal_title,
        amount=form.deal_value,
        pipeline_id=place.pipeline_id,
        stage_id=place.stage_id,
        expected_close=form.expected_close,
    )


async def _move_requests(session: AsyncSession, lead: Lead) -> None:
    """Let the lead's requests belong to what it became (INT-128)."""
    for request in await lock_requests_of(session, lead.id):
        move_request(session, request, lead)


def move_request(session: AsyncSession, request: Request, lead: Lead) -> None:
    """Let a locked request of a converted lead belong to what the lead became."""
    values = {
        "lead_id": None,
        "former_lead_id": lead.id,
        "contact_id": lead.contact_id,
        "company_id": lead.company_id,
    }
    changed = edit(session, request, values, "lead_converted")
    say(session, request, request_updated(request, changed))
