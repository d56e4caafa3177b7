"""Decisions about requests, and the deals made from them (INT-036 to INT-055)."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from intake.commands.changes import edit, say
from intake.commands.links import hold, match
from intake.commands.requests import take_match, take_over
from intake.commands.spawning import spawn_contact, spawn_lead
from intake.domain.requests import State, allow_deal, decide, reopen
from intake.events import requests as events
from intake.events.leads import lead_updated
from intake.models import Lead, Request
from intake.queries.preferences import hold_defaults
from intake.queries.replicas import check_place
from intake.queries.requests import seen_by
from kernel.errors import invalid
from kernel.ids import uuid7
from kernel.money import Money


async def validate_request(session: AsyncSession, request: Request, caller: Caller) -> None:
    """Note that a pending request is genuine; a stranger becomes a lead or contact now at last.

    The request is locked with its writer.

    Raises:
        Conflict: the request is not pending.
    """
    caller.require("intake.request.validate", request)
    decide(request.state, "validated", kind=request.kind, has_deal=bool(request.deal_id))
    await _validate(session, request, caller)


async def decide_request(
    session: AsyncSession,
    request: Request,
    caller: Caller,
    state: State,
    *,
    reason: str | None = None,
    original_id: UUID | None = None,
) -> None:
    """Mark a pending request as irrelevant, unfulfillable or a duplicate, or close a case.

    Raises:
        Conflict: the request is not pending, or the state does not fit it.
    """
    closing = state == "closed"
    caller.require("intake.request.validate" if closing else "intake.request.reject", request)
    if original_id is not None:
        await _check_original(session, request, caller, original_id)
    new = decide(request.state, state, kind=request.kind, has_deal=bool(request.deal_id))
    before = request.state
    take_over(session, request, caller)
    values = {"state": new, "state_reason": reason, "original_id": original_id}
    edit(session, request, values, new)
    say(session, request, events.request_decided(request, before=before))


async def reopen_request(session: AsyncSession, request: Request, caller: Caller) -> None:
    """Make a decided request pending again.

    Raises:
        Conflict: it is pending, or has a deal.
    """
    caller.require("intake.request.validate", request)
    before = request.state
    state = reopen(before, has_deal=bool(request.deal_id))
    values = {"state": state, "state_reason": None, "original_id": None}
    edit(session, request, values, "reopened")
    say(session, request, events.request_decided(request, before=before))


async def request_deal(
    session: AsyncSession,
    request: Request,
    caller: Caller,
    *,
    pipeline_id: UUID | None = None,
    stage_id: UUID | None = None,
    amount: Money | None = None,
) -> UUID:
    """Ask for the deal of a request locked with its writer; answers the id it will have.

    Raises:
        Conflict: the request has a deal or cannot have one.
        Invalid: the pipeline or stage is unknown or inactive.
    """
    caller.require("intake.request.make_deal", request)
    allow_deal(request.state, request.kind, request.deal_id)
    place = await check_place(session, pipeline_id, stage_id)
    if request.state == "pending":
        await _validate(session, request, caller)
    edit(session, request, {"deal_id": uuid7()}, "deal_requested")
    event = events.deal_requested(
        request,
        await _crm_ref(session, request),
        pipeline_id=place.pipeline_id if place else None,
        stage_id=place.stage_id if place else None,
        amount=amount,
    )
    say(session, request, event)
    return event.deal_id


async def _validate(session: AsyncSession, request: Request, caller: Caller) -> None:
    owner_id = take_over(session, request, caller)
    changed = await _settle_links(session, request)
    if changed:
        say(session, request, events.request_updated(request, changed))
    edit(session, request, {"state": "validated"}, "validated")
    say(session, request, events.request_validated(request, owner_id))


async def _crm_ref(session: AsyncSession, request: Request) -> UUID:
    """Answer the lead's reference for its first deal, else the deal's own."""
    if request.deal_id is None:
        raise ValueError("the deal's id is made first")
    if request.lead_id is None:
        return request.deal_id
    query = select(Lead).where(Lead.id == request.lead_id).with_for_update(key_share=True)
    lead = (await session.scalars(query.execution_options(populate_existing=True))).one()
    if lead.deal_id:
        return request.deal_id
    changed = edit(session, lead, {"deal_id": request.deal_id}, "deal_requested")
    say(session, lead, lead_updated(lead, changed))
    return lead.id


async def _settle_links(session: AsyncSession, request: Request) -> dict[str, Any]:
    """Give an unlinked request its lead, and a request of a company alone its contact."""
    if request.contact_id or request.lead_id:
        return {}
    found, linked = await match(session, request)
    changed: dict[str, Any] = {}
    if not request.links_by_hand:
        changed |= await take_match(session, request, found, linked)
    if request.contact_id or request.lead_id:
        return changed
    if request.company_id is None:
        defaults = await hold_defaults(session)
        values = {"lead_id": await spawn_lead(session, request, defaults), "candidates": []}
    elif found.contact_id and found.company_id == request.company_id:
        values = {"contact_id": found.contact_id}
    else:
        values = await _new_contact(session, request, request.company_id)
    return changed | edit(session, request, values, "linked")


async def _new_contact(session: AsyncSession, request: Request, company_id: UUID) -> dict[str, Any]:
    linked = await hold(session, None, company_id, None)
    if linked.company is None:
        return {}
    contact = await spawn_contact(session, request, linked.company)
    return {"contact_id": contact.id} if contact else {}


async def _check_original(
    session: AsyncSession, request: Request, caller: Caller, original_id: UUID
) -> None:
    query = select(Request.id).where(Request.id == original_id, seen_by(caller))
    if original_id == request.id or await session.scalar(query) is None:
        raise invalid("original_id", "is no other request", "original_unknown")
