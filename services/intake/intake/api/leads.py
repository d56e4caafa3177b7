"""Leads."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from chassis.http.paging import Order, Paging
from chassis.http.removal import Deleted
from chassis.http.timelines import Entry, Stretch, timeline_page
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from intake.api.answers import answer_page
from intake.api.callers import LeadAdder, LeadDeleter, LeadEditor, LeadReader
from intake.api.lead_schemas import LeadIn, LeadOut, LeadPatch, LeadRow, lead_out, lead_row
from intake.api.restoring import restore
from intake.commands import leads as commands
from intake.models import Lead
from intake.queries.leads import get_lead_row, list_requests_of, lock_lead, visible_leads
from intake.queries.replicas import find_deals_of_lead
from intake.queries.search import equal_to, holding
from kernel.pages import Page

router = APIRouter(prefix="/leads", tags=["leads"], route_class=Route)
ORDER = Order(
    {
        "created_at": Lead.created_at,
        "title": Lead.sort_key,
        "value": Lead.value_amount,
    },
    "-created_at",
    Lead.id,
)


async def answer_lead(
    session: AsyncSession, lead_id: UUID, caller: Caller, response: Response
) -> LeadOut:
    """Answer one lead with its version as ETag."""
    await session.flush()
    row = await get_lead_row(session, lead_id, caller)
    tag(response, row[0].version)
    requests = await list_requests_of(session, lead_id, caller)
    deals = await find_deals_of_lead(session, lead_id, row[0].deal_id)
    return lead_out(row, list(requests), list(deals))


@router.post("", status_code=201)
async def add_lead(
    body: LeadIn, response: Response, session: WriteSession, caller: LeadAdder
) -> LeadOut:
    """Add a lead."""
    lead = await commands.create_lead(session, caller, body.columns())
    response.headers["Location"] = f"/v1/leads/{lead.id}"
    return await answer_lead(session, lead.id, caller, response)


@router.get("")
async def list_leads(
    *,
    session: ReadSession,
    caller: LeadReader,
    paging: Paging,
    q: Annotated[str | None, Query(max_length=200)] = None,
    status_id: UUID | None = None,
    source_id: UUID | None = None,
    owner_id: UUID | None = None,
    deleted: Deleted = False,
) -> Page[LeadRow]:
    """List leads, newest first."""
    if deleted:
        caller.require_everywhere("intake.lead.delete")
    wanted = {Lead.status_id: status_id, Lead.source_id: source_id, Lead.owner_id: owner_id}
    query = visible_leads(caller, deleted=deleted).where(*equal_to(wanted))
    if q is not None:
        query = query.where(holding(Lead, q))
    return await answer_page(session, query, ORDER, paging, lead_row)


@router.get("/{lead_id}")
async def read_lead(
    lead_id: UUID, response: Response, session: ReadSession, caller: LeadReader
) -> LeadOut:
    """Answer a lead with its requests and deals, and what it became."""
    return await answer_lead(session, lead_id, caller, response)


@router.patch("/{lead_id}")
async def change_lead(
    *,
    lead_id: UUID,
    body: LeadPatch,
    response: Response,
    session: WriteSession,
    caller: LeadEditor,
    if_match: IfMatch,
) -> LeadOut:
    """Change fields, status or owners of a lead."""
    lead = await _lock(session, lead_id, caller, body, if_match)
    await commands.edit_lead(session, lead, caller, body.columns())
    return await answer_lead(session, lead_id, caller, response)


@router.put("/{lead_id}")
async def replace_lead(
    *,
    lead_id: UUID,
    body: LeadIn,
    response: Response,
    session: WriteSession,
    caller: LeadEditor,
    if_match: IfMatch,
) -> LeadOut:
    """Give a lead all its fields anew: what is not sent becomes empty, or what a new lead has."""
    lead = await _lock(session, lead_id, caller, body, if_match)
    await commands.replace_lead(session, lead, caller, body.whole())
    return await answer_lead(session, lead_id, caller, response)


async def _lock(
    session: AsyncSession, lead_id: UUID, caller: Caller, body: LeadPatch, expected: int | None
) -> Lead:
    await commands.lock_address(session, body.contact_email)
    lead = await lock_lead(session, lead_id, caller)
    expect_version(lead.version, expected)
    return lead


@router.delete("/{lead_id}", status_code=204)
async def delete_lead(
    lead_id: UUID, session: WriteSession, caller: LeadDeleter, if_match: IfMatch
) -> Response:
    """Remove a lead that is neither converted nor has a deal."""
    lead = await lock_lead(session, lead_id, caller)
    expect_version(lead.version, if_match)
    await commands.delete_lead(session, lead, caller)
    return Response(status_code=204)


@router.post("/{lead_id}/restore")
async def restore_lead(
    lead_id: UUID,
    response: Response,
    session: WriteSession,
    caller: LeadDeleter,
    if_match: IfMatch,
) -> LeadOut:
    """Bring a deleted lead back; for those who may delete any."""
    await restore(session, Lead, lead_id, caller, if_match)
    return await answer_lead(session, lead_id, caller, response)


@router.get("/{lead_id}/timeline")
async def read_timeline(
    lead_id: UUID, session: ReadSession, caller: LeadReader, asked: Stretch
) -> Page[Entry]:
    """Answer the history of a lead, newest first."""
    await get_lead_row(session, lead_id, caller)
    return await timeline_page(session, "lead", lead_id, asked)
