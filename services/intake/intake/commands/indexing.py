"""What is derived from a record's fields: search columns, unique keys, E.164 and matching keys.

A party's matching keys have a table of their own: `derive_...` computes them, `add_keys` stores
those of a new party, `write_keys` those of a changed one.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from intake.domain.index_keys import search_columns, sort_key
from intake.domain.matching import Key, PartyKind, Traits, company_keys, person_keys
from intake.domain.person_names import split_name
from intake.domain.phones import to_e164
from intake.models import Company, Contact, Customer, Lead, PartyKey
from intake.models.base import Searchable
from kernel.text import email_key

ADD_KEYS: Final = insert(PartyKey)


def derive_lead(lead: Lead) -> frozenset[Key]:
    """Set a lead's derived columns; answers its matching keys."""
    phones = present(lead.contact_phone, lead.mobile, *lead.phones)
    emails = present(lead.contact_email, *lead.emails)
    name = split_name(lead.contact_name or "")
    lead.email_key = email_key(lead.contact_email) if lead.contact_email else None
    lead.phone_e164 = to_e164(lead.contact_phone, lead.country)
    texts = (lead.title, lead.contact_name, *emails, lead.company_name, lead.website)
    _make_findable(lead, lead.title, texts, phones, lead.country)
    companies = present(lead.company_name)
    return person_keys(
        Traits(name.first, name.last, emails, phones, companies, country=lead.country)
    )


def derive_contact(contact: Contact, company: Company | None) -> frozenset[Key]:
    """Set a contact's derived columns; answers its matching keys. `company` is the contact's."""
    country = contact.country or (company.country if company else None)
    companies = (company.name, *company.alternative_names) if company else ()
    phones, emails = contact.all_phones, tuple(contact.emails)
    contact.phone_e164 = to_e164(contact.phone, country)
    _make_findable(contact, contact.name, (contact.name, *emails), phones, country)
    return person_keys(
        Traits(contact.first_name, contact.last_name, emails, phones, companies, country=country)
    )


def derive_company(company: Company) -> frozenset[Key]:
    """Set a company's derived columns; answers its matching keys."""
    phones, emails = present(company.phone), present(company.email)
    names = (company.name, *company.alternative_names)
    company.email_key = email_key(company.email) if company.email else None
    company.phone_e164 = to_e164(company.phone, company.country)
    texts = (*names, company.email, company.website)
    _make_findable(company, company.name, texts, phones, company.country)
    return company_keys(Traits(None, None, emails, phones, names, company.website, company.country))


def derive_customer(customer: Customer, company: Company | None) -> None:
    """Set a customer's derived columns. `company` is the customer's."""
    billed_in = (customer.billing_address or {}).get("country")
    country = billed_in or (company.country if company else None)
    customer.email_key = email_key(customer.email) if customer.email else None
    customer.phone_e164 = to_e164(customer.phone, country)
    texts = (customer.name, customer.email, customer.code)
    _make_findable(customer, customer.name, texts, present(customer.phone), country)


async def index_people_of(session: AsyncSession, company: Company) -> None:
    """Bring a company's contacts up to date with its names and country."""
    people = select(Contact).where(Contact.company_id == company.id, Contact.deleted_at.is_(None))
    for contact in await session.scalars(people):
        await write_keys(session, "contact", contact.id, derive_contact(contact, company))


async def index_customers_of(session: AsyncSession, company: Company) -> None:
    """Bring a company's customers up to date with its country; one being edited is waited for."""
    role = select(Customer).where(
        Customer.company_id == company.id,
        Customer.phone.is_not(None),
        Customer.deleted_at.is_(None),
    )
    locked = role.order_by(Customer.id).with_for_update(key_share=True)
    for customer in await session.scalars(locked.execution_options(populate_existing=True)):
        derive_customer(customer, company)


def present(*values: str | None) -> tuple[str, ...]:
    """Answer the values that are there."""
    return tuple(value for value in values if value)


async def write_keys(
    session: AsyncSession, kind: PartyKind, party_id: UUID, keys: Iterable[Key]
) -> None:
    """Let a party be known under exactly these keys."""
    wanted = {(key_kind, key) for key_kind, key in keys}
    held = (PartyKey.key_kind, PartyKey.key)
    rows = await session.execute(select(*held).where(PartyKey.party_id == party_id))
    known = {(row.key_kind, row.key) for row in rows}
    for key_kind, key in known - wanted:
        gone = delete(PartyKey).where(
            PartyKey.key_kind == key_kind,
            PartyKey.key == key,
            PartyKey.kind == kind,
            PartyKey.party_id == party_id,
        )
        await session.execute(gone)
    await add_keys(session, kind, party_id, wanted - known)


async def add_keys(
    session: AsyncSession, kind: PartyKind, party_id: UUID, keys: Iterable[Key]
) -> None:
    """Let a party be known under these keys too."""
    rows = [
        {"key_kind": key_kind, "key": key, "kind": kind, "party_id": party_id}
        for key_kind, key in sorted(keys)
    ]
    if rows:
        await session.execute(ADD_KEYS, rows)


async def drop_keys(session: AsyncSession, party_id: UUID) -> None:
    """Let nobody be recognised as this party any more."""
    await session.execute(delete(PartyKey).where(PartyKey.party_id == party_id))


def _make_findable(
    record: Searchable,
    name: str,
    texts: Iterable[str | None],
    phones: Iterable[str],
    country: str | None,
) -> None:
    numbers = [*phones, *(to_e164(phone, country) for phone in phones)]
    found = search_columns(texts, numbers)
    record.sort_key = sort_key(name)
    record.search_key, record.search_trigrams = found.key, found.trigrams
