"""Making, changing and removing leads."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from intake.commands.changes import edit, remove, say, start
from intake.commands.indexing import add_keys, derive_lead, drop_keys, write_keys
from intake.commands.locks import lock_names
from intake.commands.owners import ASSIGNMENT, place_again, place_new, reassigned
from intake.events import leads as events
from intake.models import Lead, LeadStatus
from intake.models.lead import LeadOrigin
from intake.queries.dictionaries import check_source, get_status
from intake.queries.leads import find_lead_by_email, has_deals
from intake.queries.preferences import hold_defaults
from kernel import clock
from kernel.errors import Conflict, invalid
from kernel.ids import uuid7
from kernel.text import email_key


async def create_lead(session: AsyncSession, caller: Caller, values: Mapping[str, Any]) -> Lead:
    """Add a lead by hand (INT-078 to INT-085).

    Raises:
        Invalid: a status, source, user, team or department is unknown.
        Conflict: another lead has the e-mail address.
    """
    placed = await place_new(session, caller, "intake.lead.add", values)
    filled = await _with_defaults(session, placed)
    await get_status(session, filled["status_id"])
    await check_source(session, filled["source_id"])
    await check_email(session, filled.get("contact_email"), None)
    lead = Lead(id=uuid7(), **filled)
    await add_lead(session, lead, "manual")
    return lead


async def add_lead(
    session: AsyncSession, lead: Lead, origin: LeadOrigin, request_id: UUID | None = None
) -> None:
    """Store a lead that was checked, and say so."""
    lead.origin = origin
    start(session, lead)
    keys = derive_lead(lead)
    say(session, lead, events.lead_created(lead, request_id))
    if lead.owner_id or lead.team_id:
        say(session, lead, events.lead_assigned(lead, None))
    await session.flush()  # what is written next refers to it
    await add_keys(session, "lead", lead.id, keys)


async def edit_lead(
    session: AsyncSession, lead: Lead, caller: Caller, changes: Mapping[str, Any]
) -> None:
    """Change fields of a locked lead; its status and owner are said by events of their own.

    Raises:
        Forbidden: a right is missing for what changes.
        Conflict: the lead is converted, or another lead has the e-mail address.
        Invalid: a status, source, user, team or department is unknown.
    """
    caller.require("intake.lead.change", lead)
    if reassigned(changes, lead):
        caller.require("intake.lead.assign", lead)
    if lead.converted_at and changes.keys() - {"notes"}:
        raise Conflict("A converted lead is read-only.", code="lead_converted")
    values = await place_again(session, changes, lead)
    await check_source(session, values.get("source_id"))
    if "contact_email" in values:
        await check_email(session, values["contact_email"], lead.id)
    status_id = values.pop("status_id", lead.status_id)
    if status_id != lead.status_id:
        await move_by_hand(session, lead, status_id)
    assigned = {name: values.pop(name) for name in ASSIGNMENT & values.keys()}
    changed = edit(session, lead, values)
    keys = derive_lead(lead)
    if changed:
        say(session, lead, events.lead_updated(lead, changed))
        await write_keys(session, "lead", lead.id, keys)
    _assign(session, lead, assigned)


async def replace_lead(
    session: AsyncSession, lead: Lead, caller: Caller, values: Mapping[str, Any]
) -> None:
    """Give a locked lead all its fields anew; status and source default as a new lead's (INT-083).

    Raises:
        Forbidden, Conflict, Invalid: as `edit_lead`, or no status is given and none the default.
    """
    await edit_lead(session, lead, caller, await _with_defaults(session, values))


async def move_by_hand(session: AsyncSession, lead: Lead, status_id: UUID) -> None:
    """Move a lead to a status somebody chose.

    Raises:
        Invalid: there is no such status.
        Conflict: only a conversion makes a lead converted.
    """
    status = await get_status(session, status_id)
    if status.code == "converted":
        raise Conflict("A lead becomes converted by converting it.", code="status_by_conversion")
    move_lead(session, lead, status)


def move_lead(session: AsyncSession, lead: Lead, status: LeadStatus) -> None:
    """Give a lead another status, with the dates that go with it."""
    old_id = lead.status_id
    values: dict[str, Any] = {"status_id": status.id}
    if status.qualified:
        values["date_qualified"] = clock.now()
    values["date_lost"] = clock.now() if status.code == "lost" else None
    edit(session, lead, values, "moved")
    say(session, lead, events.lead_status_changed(lead, old_id, status))


async def delete_lead(session: AsyncSession, lead: Lead, caller: Caller) -> None:
    """Remove a locked lead.

    Raises:
        Conflict: it is converted, or a deal was made from it.
    """
    caller.require("intake.lead.delete", lead)
    if lead.converted_at:
        raise Conflict("A converted lead is kept.", code="lead_converted")
    if lead.deal_id or await has_deals(session, lead.id):
        raise Conflict("A deal was made from this lead.", code="lead_has_deal")
    remove(session, lead)
    say(session, lead, events.lead_deleted(lead))
    await drop_keys(session, lead.id)


def _assign(session: AsyncSession, lead: Lead, assigned: Mapping[str, Any]) -> None:
    old_owner_id = lead.owner_id
    changed = edit(session, lead, assigned, "assigned")
    if {"owner_id", "team_id"} & changed.keys():
        say(session, lead, events.lead_assigned(lead, old_owner_id))
    elif changed:
        say(session, lead, events.lead_updated(lead, changed))


async def _with_defaults(session: AsyncSession, values: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the values of a lead with the status and source it gets when none was chosen."""
    defaults = await hold_defaults(session)
    status_id = values.get("status_id") or defaults.status_id
    if status_id is None:
        raise invalid("status_id", "no status is the default; choose one", "status_required")
    source_id = values.get("source_id") or defaults.preferences.leads_default_source
    return {**values, "status_id": status_id, "source_id": source_id}


async def lock_address(session: AsyncSession, address: str | None) -> None:
    """Take turns with everybody who writes this address; locked before the lead that gets it."""
    if address is not None:
        await lock_names(session, email_key(address))


async def check_email(session: AsyncSession, address: str | None, own_id: UUID | None) -> None:
    """Refuse an address another lead has."""
    if address is None:
        return
    await lock_address(session, address)
    other = await find_lead_by_email(session, address)
    if other and other.id != own_id:
        raise Conflict(
            f"The lead {other.title!r} has this e-mail address.",
            code="lead_email_taken",
            lead_id=other.id,
        )
