"""Tying a stored request to somebody else: who may be meant is locked, who is chosen is checked."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from intake.commands.links import Linked, hold, lock_writer, names_of, traits_of
from intake.commands.locks import lock_names
from intake.domain.refusals import refuse_wrong
from intake.domain.requests import check_links
from intake.models import Company, Contact, Lead, Request
from intake.queries.directory import is_visible
from intake.queries.leads import find_visible_lead
from intake.queries.requests import lock_request
from kernel.errors import Conflict, FieldError

LINKS: Final = ("contact_id", "company_id", "lead_id")
REACHED_BY: Final = ("email", "phone", "country")
"""The fields that make the names of a request's writer."""
WRITER: Final = select(*(getattr(Request, name) for name in REACHED_BY)).where(
    Request.id == bindparam("id")
)


async def lock_with_writer(
    session: AsyncSession,
    request_id: UUID,
    caller: Caller,
    changes: Mapping[str, Any] | None = None,
) -> Request:
    """Answer a visible request, locked for a change that may look for its writer again.

    The names of the writer, and those that `changes` bring, are locked before the request, as
    everybody does who ties requests to leads.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    row = (await session.execute(WRITER, {"id": request_id})).one_or_none()
    known = dict(zip(REACHED_BY, row or (None, None, None), strict=True))
    wanted = known | {name: value for name, value in (changes or {}).items() if name in known}
    writers = (traits_of(Request(**known)), traits_of(Request(**wanted)))
    await lock_names(session, *{name for writer in writers for name in names_of(writer)})
    request = await lock_request(session, request_id, caller)
    if any(getattr(request, name) != known[name] for name in REACHED_BY):
        await lock_writer(session, request)  # somebody corrected it meanwhile
    return request


async def hold_chosen(
    session: AsyncSession,
    request: Request,
    caller: Caller,
    before: Mapping[str, Any] | None = None,
) -> Linked:
    """Hold what a user chose; records that differ from `before` must be visible and fit together.

    Raises:
        Invalid: one of them is unknown, or does not go with another.
        Conflict: one of them was removed or converted at this moment.
    """
    earlier = before or {}
    new = [name for name in LINKS if getattr(request, name) not in (None, earlier.get(name))]
    await _refuse_unseen(session, request, caller, new)
    linked = await hold(session, request.contact_id, request.company_id, request.lead_id)
    held = dict(zip(LINKS, (linked.contact, linked.company, linked.lead), strict=True))
    if not all(_is_live(held[name]) for name in new):
        detail = "A record that was chosen has just been removed or converted."
        raise Conflict(detail, code="linked_record_gone")
    company_id = linked.contact.company_id if linked.contact else None
    check_links(request.contact_id, request.company_id, request.lead_id, company_id)
    return linked


async def _refuse_unseen(
    session: AsyncSession, request: Request, caller: Caller, new: Collection[str]
) -> None:
    errors: list[FieldError] = []
    contact_id, company_id, lead_id = (
        getattr(request, name) if name in new else None for name in LINKS
    )
    if contact_id and not await is_visible(session, Contact, contact_id, caller):
        errors.append(FieldError("/contact_id", "contact_unknown", "there is no such contact"))
    if company_id and not await is_visible(session, Company, company_id, caller):
        errors.append(FieldError("/company_id", "company_unknown", "there is no such company"))
    if lead_id and not await find_visible_lead(session, lead_id, caller):
        errors.append(FieldError("/lead_id", "lead_unknown", "there is no such open lead"))
    refuse_wrong(errors)


def _is_live(record: Contact | Company | Lead | None) -> bool:
    converted = isinstance(record, Lead) and record.converted_at
    return record is not None and record.deleted_at is None and not converted
