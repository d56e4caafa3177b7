"""Contacts."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from chassis.http.paging import Order, Paging
from chassis.http.removal import Deleted
from chassis.http.timelines import Entry, Stretch, timeline_page
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from intake.api.answers import answer, answer_page
from intake.api.callers import ContactAdder, ContactDeleter, ContactEditor, ContactReader
from intake.api.contact_schemas import ContactIn, ContactOut, ContactPatch
from intake.api.restoring import restore
from intake.commands import contacts as commands
from intake.models import Contact
from intake.queries.directory import get_row, lock_party, visible_contacts
from intake.queries.search import equal_to, holding
from kernel.pages import Page

router = APIRouter(prefix="/contacts", tags=["contacts"], route_class=Route)
ORDER = Order({"name": Contact.sort_key, "created_at": Contact.created_at}, "name", Contact.id)


async def answer_contact(
    session: AsyncSession, contact_id: UUID, caller: Caller, response: Response
) -> ContactOut:
    """Answer one contact with its version as ETag."""
    await session.flush()
    row = await get_row(session, visible_contacts(caller), contact_id)
    tag(response, row[0].version)
    return answer(ContactOut, row)


@router.post("", status_code=201)
async def add_contact(
    body: ContactIn, response: Response, session: WriteSession, caller: ContactAdder
) -> ContactOut:
    """Add a contact."""
    contact = await commands.create_contact(session, caller, body.given())
    response.headers["Location"] = f"/v1/contacts/{contact.id}"
    return await answer_contact(session, contact.id, caller, response)


@router.get("")
async def list_contacts(
    *,
    session: ReadSession,
    caller: ContactReader,
    paging: Paging,
    q: Annotated[str | None, Query(max_length=200)] = None,
    owner_id: UUID | None = None,
    company_id: UUID | None = None,
    active: Annotated[bool | None, Query()] = None,
    deleted: Deleted = False,
) -> Page[ContactOut]:
    """List contacts by name."""
    if deleted:
        caller.require_everywhere("intake.contact.delete")
    wanted = {
        Contact.owner_id: owner_id,
        Contact.company_id: company_id,
        Contact.active: active,
    }
    query = visible_contacts(caller, deleted=deleted).where(*equal_to(wanted))
    if q is not None:
        query = query.where(holding(Contact, q))
    return await answer_page(session, query, ORDER, paging, partial(answer, ContactOut))


@router.get("/{contact_id}")
async def read_contact(
    contact_id: UUID, response: Response, session: ReadSession, caller: ContactReader
) -> ContactOut:
    """Answer a contact."""
    return await answer_contact(session, contact_id, caller, response)


@router.patch("/{contact_id}")
async def change_contact(
    *,
    contact_id: UUID,
    body: ContactPatch,
    response: Response,
    session: WriteSession,
    caller: ContactEditor,
    if_match: IfMatch,
) -> ContactOut:
    """Change fields of a contact."""
    changes = body.given()
    contact = await commands.lock_contact(session, contact_id, caller, changes)
    expect_version(contact.version, if_match)
    await commands.edit_contact(session, contact, caller, changes)
    return await answer_contact(session, contact_id, caller, response)


@router.delete("/{contact_id}", status_code=204)
async def delete_contact(
    contact_id: UUID, session: WriteSession, caller: ContactDeleter, if_match: IfMatch
) -> Response:
    """Remove a contact who is no customer."""
    contact = await lock_party(session, Contact, contact_id, caller)
    expect_version(contact.version, if_match)
    await commands.delete_contact(session, contact, caller)
    return Response(status_code=204)


@router.post("/{contact_id}/restore")
async def restore_contact(
    contact_id: UUID,
    response: Response,
    session: WriteSession,
    caller: ContactDeleter,
    if_match: IfMatch,
) -> ContactOut:
    """Bring a deleted contact back; for those who may delete any."""
    await restore(session, Contact, contact_id, caller, if_match)
    return await answer_contact(session, contact_id, caller, response)


@router.get("/{contact_id}/timeline")
async def read_timeline(
    contact_id: UUID, session: ReadSession, caller: ContactReader, asked: Stretch
) -> Page[Entry]:
    """Answer the history of a contact, newest first."""
    await get_row(session, visible_contacts(caller), contact_id)
    return await timeline_page(session, "contact", contact_id, asked)
