"""Making, changing, blacklisting and removing customers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from contracts.intake import (
    CustomerBlacklisted,
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
)
from intake.commands.changes import edit, remove, say, start
from intake.commands.contacts import add_contact, hold_companies
from intake.commands.indexing import derive_customer
from intake.commands.locks import lock_names
from intake.commands.owners import inherited, place_again, place_new
from intake.domain.person_names import is_only_title, split_name
from intake.domain.preferences import Preferences
from intake.domain.refusals import refuse_wrong
from intake.domain.requests import check_links
from intake.domain.terms import TERMS, check_terms, default_terms
from intake.events.directory import customer_event
from intake.models import Company, Contact, Customer
from intake.models.customer import CODES
from intake.queries.directory import find_by_email, find_customer_of, find_visible
from intake.queries.preferences import get_preferences
from kernel.errors import Conflict, FieldError, invalid
from kernel.ids import uuid7
from kernel.text import email_key


async def create_customer(
    session: AsyncSession, caller: Caller, values: Mapping[str, Any]
) -> Customer:
    """Add a customer; with neither company nor contact a contact of that name is made (INT-156).

    Raises:
        Forbidden: the caller may not add customers for that owner or department.
        Invalid: the company, contact, a user or department is unknown, the contact belongs to
            another company, no contact can be named like that, or the terms do not fit.
        Conflict: the e-mail address is taken, or the contact is a customer already.
    """
    contact, company = await _parties(session, caller, values)
    filled = await inherited(session, values, contact or company)
    placed = await place_new(session, caller, "intake.customer.add", filled)
    preferences = await get_preferences(session)
    check_terms(placed, default_terms(preferences))
    await check_email(session, placed.get("email"), None)
    if contact is None and company is None:
        contact = await _new_contact(session, placed)
    if contact:
        await check_contact(session, contact.id)
        placed |= {"contact_id": contact.id}
        placed["company_id"] = placed.get("company_id") or contact.company_id
    customer = Customer(id=uuid7(), **placed)
    await add_customer(session, customer, preferences)
    return customer


async def add_customer(
    session: AsyncSession,
    customer: Customer,
    preferences: Preferences,
    deal_id: UUID | None = None,
) -> None:
    """Store a customer that was checked, with the default terms, and say so."""
    for name, value in default_terms(preferences).items():
        if getattr(customer, name) is None:
            setattr(customer, name, value)
    customer.code = f"C-{await session.scalar(select(CODES.next_value()))}"
    start(session, customer)
    derive_customer(customer, await company_of(session, customer))
    say(session, customer, customer_event(CustomerCreated, customer, deal_id))
    await session.flush()  # what is written next refers to it


async def lock_address(session: AsyncSession, address: str | None) -> None:
    """Take turns with everybody who gives a customer this address; locked before the customer."""
    if address is not None:
        await lock_names(session, f"customer/{email_key(address)}")


async def edit_customer(
    session: AsyncSession, customer: Customer, caller: Caller, changes: Mapping[str, Any]
) -> None:
    """Change fields of a customer locked after its new address; terms need a right of their own.

    Raises:
        Forbidden: a right is missing for what changes.
        Invalid: a user or department is unknown or inactive, or the terms do not fit.
        Conflict: the e-mail address is taken.
    """
    if TERMS & changes.keys():
        caller.require("intake.customer.change_terms", customer)
    if changes.keys() - TERMS or not changes:
        caller.require("intake.customer.change", customer)
    values = await place_again(session, changes, customer)
    check_terms(values, terms_of(customer))
    if "email" in values:
        await check_email(session, values["email"], customer.id)
    await change_customer(session, customer, values)


async def change_customer(
    session: AsyncSession, customer: Customer, values: Mapping[str, Any]
) -> None:
    """Set checked fields of a customer, and say so if one differs."""
    if edit(session, customer, values):
        derive_customer(customer, await company_of(session, customer))
        say(session, customer, customer_event(CustomerUpdated, customer))


def terms_of(customer: Customer) -> dict[str, Any]:
    """Answer the terms a customer has."""
    return {name: getattr(customer, name) for name in TERMS}


async def blacklist_customer(
    session: AsyncSession, customer: Customer, caller: Caller, reason: str | None
) -> None:
    """Put a locked customer on the black list for a reason, or without one take it off."""
    caller.require("intake.customer.blacklist", customer)
    values = {"blacklisted": reason is not None, "blacklist_reason": reason}
    if edit(session, customer, values, "blacklisted" if reason else "taken_off_blacklist"):
        say(session, customer, customer_event(CustomerBlacklisted, customer))


async def delete_customer(session: AsyncSession, customer: Customer, caller: Caller) -> None:
    """Remove a locked customer; its company and contact stay."""
    caller.require("intake.customer.delete", customer)
    remove(session, customer)
    say(session, customer, customer_event(CustomerDeleted, customer))


async def _parties(
    session: AsyncSession, caller: Caller, values: Mapping[str, Any]
) -> tuple[Contact | None, Company | None]:
    errors: list[FieldError] = []
    contact = company = None
    if values.get("contact_id"):
        await hold_companies(session, values["contact_id"], values.get("company_id"))
    if values.get("company_id"):
        company = await find_visible(session, Company, values["company_id"], caller)
        if company is None:
            errors.append(FieldError("/company_id", "company_unknown", "there is no such company"))
    if values.get("contact_id"):
        contact = await find_visible(session, Contact, values["contact_id"], caller)
        if contact is None:
            errors.append(FieldError("/contact_id", "contact_unknown", "there is no such contact"))
    refuse_wrong(errors)
    if contact and company:
        check_links(contact.id, company.id, None, contact.company_id)
    return contact, company


async def company_of(session: AsyncSession, party: Contact | Customer) -> Company | None:
    """Answer the company a contact or customer is in."""
    return await session.get(Company, party.company_id) if party.company_id else None


async def _new_contact(session: AsyncSession, values: Mapping[str, Any]) -> Contact:
    if is_only_title(values["name"]):
        raise invalid("name", "a title alone is no name of a contact", "name_is_title")
    contact = Contact(
        id=uuid7(),
        **split_name(values["name"]).columns(),
        emails=[values["email"]] if values.get("email") else [],
        phone=values.get("phone"),
        **{field: values.get(field) for field in ("owner_id", "co_owner_id", "department_id")},
    )
    await add_contact(session, contact, None)
    return contact


async def check_contact(session: AsyncSession, contact_id: UUID) -> None:
    """Refuse a contact who is a customer already, and take turns with who makes one of it."""
    await lock_names(session, f"customer/{contact_id}")
    other = await find_customer_of(session, contact_id=contact_id)
    if other:
        raise Conflict(
            "The contact is a customer already.", code="contact_has_customer", customer_id=other.id
        )


async def check_email(session: AsyncSession, address: str | None, own_id: UUID | None) -> None:
    """Refuse an address another customer has."""
    if address is None:
        return
    await lock_address(session, address)
    other = await find_by_email(session, Customer, address)
    if other and other.id != own_id:
        raise Conflict(
            f"The customer {other.name!r} has this e-mail address.",
            code="customer_email_taken",
            customer_id=other.id,
        )
