"""What a lead becomes part of: who is in the directory already (INT-118 to INT-123)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from intake.commands.indexing import present
from intake.commands.locks import lock_names
from intake.domain.company_names import company_key
from intake.domain.conversion import Form
from intake.domain.matching import (
    Party,
    Traits,
    find_companies,
    find_people,
    wanted_keys,
)
from intake.domain.person_names import split_name
from intake.domain.phones import phone_key
from intake.models import Company, Contact, Customer, Lead
from intake.queries.candidates import name_candidates
from intake.queries.directory import PartyT, find_by_email, find_customer_of, is_visible
from intake.queries.parties import find_parties
from kernel.errors import Conflict, invalid
from kernel.text import email_key

EXACT: Final = frozenset({"company_name", "email"})
"""Why a company is the same one, so that a new one would be a duplicate."""


@dataclass(frozen=True)
class Matches:
    """The contacts and companies a lead may already be, and the customer with its address."""

    contacts: Sequence[Party]
    companies: Sequence[Party]
    customer: Customer | None


@dataclass(frozen=True)
class Choice:
    """Existing records a conversion uses; what is none is made new, or not at all."""

    contact: Contact | None = None
    company: Company | None = None
    customer: Customer | None = None
    email_taken: bool = False
    """Whether another customer than the chosen one has the form's address."""


def traits_of(lead: Lead, form: Form) -> Traits:
    """Answer what a lead and its form say about the person and the company."""
    name = split_name(lead.contact_name or "")
    return Traits(
        name.first,
        name.last,
        present(form.email, lead.contact_email, *lead.emails),
        present(form.phone, lead.contact_phone, lead.mobile, *lead.phones),
        present(form.company_name or lead.company_name),
        lead.website,
        lead.country,
    )


async def lock_parties(session: AsyncSession, traits: Traits) -> None:
    """Take turns with whoever makes the same lead, contact, company or customer right now."""
    emails = [email_key(address) for address in traits.emails]
    phones = present(*(phone_key(phone, traits.country) for phone in traits.phones))
    companies = [f"company/{company_key(name)}" for name in traits.company_names]
    customers = [f"customer/{email}" for email in emails]
    await lock_names(session, *emails, *phones, *companies, *customers)


async def find_matches(session: AsyncSession, traits: Traits, email: str | None) -> Matches:
    """Answer whom a lead may already be in the directory."""
    parties = await find_parties(session, wanted_keys(traits))
    directory = [party for party in parties if party.kind != "lead"]
    customer = await find_by_email(session, Customer, email) if email else None
    contacts = find_people(directory)
    if customer is None and email:
        same = ("email", email_key(email))
        holders = [party.id for party in contacts if same in party.hits]
        customer = await _customer_of_any(session, holders)
    return Matches(contacts, find_companies(traits, directory), customer)


async def _customer_of_any(session: AsyncSession, contact_ids: Sequence[Any]) -> Customer | None:
    query = select(Customer).where(
        Customer.contact_id.in_(contact_ids), Customer.deleted_at.is_(None)
    )
    return (await session.scalars(query.order_by(Customer.id).limit(1))).one_or_none()


async def choose(session: AsyncSession, lead: Lead, form: Form, caller: Caller) -> Choice:
    """Find what a lead becomes part of; without company option whatever fits is taken (INT-117).

    Raises:
        Invalid: a record the form names is unknown.
        Conflict: several records match, or a new company would repeat one; with the candidates.
    """
    traits = traits_of(lead, form)
    await lock_parties(session, traits)
    matches = await find_matches(session, traits, form.email)
    contact = await _contact(session, form, matches, caller)
    company = await _company(session, form, matches, contact, caller)
    return await settle(session, contact, company, matches)


async def settle(
    session: AsyncSession, contact: Contact | None, company: Company | None, matches: Matches
) -> Choice:
    """Lock what a conversion uses, and the customer the contact is, else the one with the address.

    Everybody locks a company before its contacts.

    Raises:
        Conflict: one of them was removed at this moment.
    """
    company = company and await _lock(session, Company, company.id)
    contact = contact and await _lock(session, Contact, contact.id)
    own = await find_customer_of(session, contact_id=contact.id) if contact else None
    customer = own or matches.customer
    customer = customer and await _lock(session, Customer, customer.id)
    taken = matches.customer is not None and matches.customer is not customer
    return Choice(contact, company, customer, taken)


async def _lock(session: AsyncSession, table: type[PartyT], record_id: UUID) -> PartyT:
    query = select(table).where(table.id == record_id, table.deleted_at.is_(None))
    fresh = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    record = (await session.scalars(fresh)).one_or_none()
    if record is None:
        detail = "A record this conversion would use has just been removed."
        raise Conflict(detail, code="chosen_record_gone")
    return record


async def _contact(
    session: AsyncSession, form: Form, matches: Matches, caller: Caller
) -> Contact | None:
    if form.contact_id:
        if not await is_visible(session, Contact, form.contact_id, caller):
            raise invalid("contact_id", "there is no such contact", "contact_unknown")
        return await session.get(Contact, form.contact_id)
    if form.allow_duplicate or (matches.customer and matches.customer.contact_id):
        return None
    if len(matches.contacts) > 1:
        raise await _several(session, matches.contacts, caller)
    return await session.get(Contact, matches.contacts[0].id) if matches.contacts else None


async def _company(
    session: AsyncSession, form: Form, matches: Matches, contact: Contact | None, caller: Caller
) -> Company | None:
    if form.company_option == "none":
        return None
    if form.company_option == "existing" and form.company_id:
        if not await is_visible(session, Company, form.company_id, caller):
            raise invalid("company_id", "there is no such company", "company_unknown")
        return await session.get(Company, form.company_id)
    if form.company_option == "new":
        await _refuse_repeating(session, form, matches, caller)
        return None
    if contact and contact.company_id:
        return await session.get(Company, contact.company_id)
    if len(matches.companies) > 1:
        raise await _several(session, matches.companies, caller)
    return await session.get(Company, matches.companies[0].id) if matches.companies else None


async def _refuse_repeating(
    session: AsyncSession, form: Form, matches: Matches, caller: Caller
) -> None:
    exact = any(EXACT & set(party.reasons) for party in matches.companies)
    if not form.allow_duplicate and (exact or len(matches.companies) > 1):
        raise await _several(session, matches.companies, caller)


async def _several(session: AsyncSession, parties: Sequence[Party], caller: Caller) -> Conflict:
    candidates = await name_candidates(session, listed(parties), caller)
    return Conflict(
        "There are such records already; choose one.",
        code="matching_records_exist",
        candidates=candidates,
    )


def listed(parties: Sequence[Party]) -> list[dict[str, Any]]:
    """Answer parties as candidates without names."""
    return [
        {"kind": party.kind, "id": str(party.id), "reasons": list(party.reasons)}
        for party in parties
    ]
