"""Making, changing and removing companies."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from contracts.intake import CompanyCreated, CompanyDeleted, CompanyUpdated
from intake.commands.changes import edit, remove, say, start
from intake.commands.indexing import (
    add_keys,
    derive_company,
    drop_keys,
    index_customers_of,
    index_people_of,
    write_keys,
)
from intake.commands.locks import lock_names
from intake.commands.owners import place_again, place_new
from intake.events.directory import company_event
from intake.models import Company
from intake.queries.directory import find_by_email, find_uses_of_company
from kernel.errors import Conflict
from kernel.ids import uuid7
from kernel.text import email_key

READ_BY_PEOPLE: Final = frozenset({"name", "alternative_names", "country"})
"""The fields of a company that its contacts are recognised by."""


async def create_company(
    session: AsyncSession, caller: Caller, values: Mapping[str, Any]
) -> Company:
    """Add a company (INT-132, INT-136).

    Raises:
        Forbidden: the caller may not add companies for that owner or department.
        Invalid: a user or department is unknown or inactive.
        Conflict: another company has the office e-mail.
    """
    placed = await place_new(session, caller, "intake.company.add", values)
    await check_email(session, placed.get("email"), None)
    company = Company(id=uuid7(), **placed)
    await add_company(session, company)
    return company


async def add_company(session: AsyncSession, company: Company) -> None:
    """Store a company that was checked, and say so."""
    start(session, company)
    keys = derive_company(company)
    say(session, company, company_event(CompanyCreated, company))
    await session.flush()  # what is written next refers to it
    await add_keys(session, "company", company.id, keys)


async def edit_company(
    session: AsyncSession, company: Company, caller: Caller, changes: Mapping[str, Any]
) -> None:
    """Change fields of a locked company.

    Raises:
        Forbidden: the right does not reach the company.
        Invalid: a user or department is unknown or inactive.
        Conflict: another company has the office e-mail.
    """
    caller.require("intake.company.change", company)
    values = await place_again(session, changes, company)
    if "email" in values:
        await check_email(session, values["email"], company.id)
    changed = edit(session, company, values)
    if not changed:
        return
    keys = derive_company(company)
    say(session, company, company_event(CompanyUpdated, company, changed))
    await write_keys(session, "company", company.id, keys)
    if READ_BY_PEOPLE & changed.keys():
        await index_people_of(session, company)
    if "country" in changed:
        await index_customers_of(session, company)


async def delete_company(session: AsyncSession, company: Company, caller: Caller) -> None:
    """Remove a locked company.

    Raises:
        Conflict: customers, contacts, leads or requests refer to it (INT-145, INT-146).
    """
    caller.require("intake.company.delete", company)
    await _refuse_used(session, company.id)
    remove(session, company)
    say(session, company, company_event(CompanyDeleted, company))
    await drop_keys(session, company.id)


async def _refuse_used(session: AsyncSession, company_id: UUID) -> None:
    used_by = await find_uses_of_company(session, company_id)
    if used_by.customers:
        raise Conflict("The company still has customers.", code="company_has_customers")
    if used_by.contacts:
        raise Conflict("The company still has contacts.", code="company_has_contacts")
    if used_by.leads:
        raise Conflict("The company still has leads.", code="company_has_leads")
    if used_by.requests:
        raise Conflict("The company still has requests.", code="company_has_requests")


async def check_email(session: AsyncSession, address: str | None, own_id: UUID | None) -> None:
    """Refuse an address another company has."""
    if address is None:
        return
    await lock_names(session, f"company/{email_key(address)}")
    other = await find_by_email(session, Company, address)
    if other and other.id != own_id:
        raise Conflict(
            f"The company {other.name!r} has this e-mail address.",
            code="company_email_taken",
            company_id=other.id,
        )
