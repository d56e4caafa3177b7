"""Making, changing and removing contacts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from contracts.intake import ContactCreated, ContactDeleted, ContactUpdated
from intake.commands.changes import edit, remove, say, start
from intake.commands.indexing import add_keys, derive_contact, drop_keys, write_keys
from intake.commands.owners import inherited, place_again, place_new
from intake.events.directory import contact_event
from intake.models import Company, Contact
from intake.queries.dictionaries import check_source
from intake.queries.directory import find_customer_of, find_visible, lock_party
from kernel.errors import Conflict, invalid
from kernel.ids import uuid7


async def create_contact(
    session: AsyncSession, caller: Caller, values: Mapping[str, Any]
) -> Contact:
    """Add a contact; owner and department default to the company's.

    Raises:
        Forbidden: the caller may not add contacts for that owner or department.
        Invalid: the company, source, a user or department is unknown.
    """
    company = await _company(session, values.get("company_id"), caller)
    filled = await inherited(session, values, company)
    placed = await place_new(session, caller, "intake.contact.add", filled)
    await check_source(session, placed.get("source_id"))
    contact = Contact(id=uuid7(), **placed)
    await add_contact(session, contact, company)
    return contact


async def add_contact(session: AsyncSession, contact: Contact, company: Company | None) -> None:
    """Store a contact that was checked, and say so; `company` is the contact's."""
    start(session, contact)
    keys = derive_contact(contact, company)
    say(session, contact, contact_event(ContactCreated, contact))
    await session.flush()  # what is written next refers to it
    await add_keys(session, "contact", contact.id, keys)


async def lock_contact(
    session: AsyncSession, contact_id: UUID, caller: Caller, changes: Mapping[str, Any]
) -> Contact:
    """Answer a visible contact locked for a change, after the companies it is in and will be in.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    await hold_companies(session, contact_id, changes.get("company_id"))
    return await lock_party(session, Contact, contact_id, caller)


async def hold_companies(session: AsyncSession, contact_id: UUID, other_id: UUID | None) -> None:
    """Keep the company a contact is in, and another one, as they are until the commit.

    Whoever changes a company holds it and goes on to its contacts and customers, so everybody locks
    in this order; and what is indexed by the company's name and country is so by what they are.
    """
    now_in = await session.scalar(select(Contact.company_id).where(Contact.id == contact_id))
    companies = [id_ for id_ in (now_in, other_id) if id_]
    if companies:
        held = select(Company.id).where(Company.id.in_(companies)).order_by(Company.id)
        await session.execute(held.with_for_update(read=True))


async def edit_contact(
    session: AsyncSession, contact: Contact, caller: Caller, changes: Mapping[str, Any]
) -> None:
    """Change fields of a contact that `lock_contact` answered.

    Raises:
        Forbidden: the right does not reach the contact.
        Invalid: the company, source, a user or department is unknown.
    """
    caller.require("intake.contact.change", contact)
    values = await place_again(session, changes, contact)
    await check_source(session, values.get("source_id"))
    if values.get("company_id") not in (None, contact.company_id):
        await _company(session, values["company_id"], caller)
    await change_contact(session, contact, values)


async def change_contact(
    session: AsyncSession, contact: Contact, values: Mapping[str, Any]
) -> None:
    """Set checked fields of a contact, and say so if one differs."""
    changed = edit(session, contact, values)
    if not changed:
        return
    company = await session.get(Company, contact.company_id) if contact.company_id else None
    keys = derive_contact(contact, company)
    say(session, contact, contact_event(ContactUpdated, contact))
    await write_keys(session, "contact", contact.id, keys)


async def delete_contact(session: AsyncSession, contact: Contact, caller: Caller) -> None:
    """Remove a locked contact.

    Raises:
        Conflict: the contact is a customer.
    """
    caller.require("intake.contact.delete", contact)
    if await find_customer_of(session, contact_id=contact.id):
        raise Conflict("The contact is a customer.", code="contact_has_customer")
    remove(session, contact)
    say(session, contact, contact_event(ContactDeleted, contact))
    await drop_keys(session, contact.id)


async def _company(
    session: AsyncSession, company_id: UUID | None, caller: Caller
) -> Company | None:
    if company_id is None:
        return None
    company = await find_visible(session, Company, company_id, caller)
    if company is None:
        raise invalid("company_id", "there is no such company", "company_unknown")
    return company
