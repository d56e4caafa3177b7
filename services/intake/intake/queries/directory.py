"""Companies, contacts and customers as callers may see them."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from chassis.auth import Caller, Ownership, visible
from chassis.database import there
from intake.models import Company, Contact, Customer, Lead, Request, UserReplica
from intake.queries.locking import lock_one
from kernel.errors import NotFound
from kernel.text import email_key

PartyT = TypeVar("PartyT", Company, Contact, Customer)
AddressedT = TypeVar("AddressedT", Company, Customer)


def seen_by(caller: Caller, table: type[PartyT], *, deleted: bool = False) -> ColumnElement[bool]:
    """Answer the condition for the live, or deleted, records of a table a caller may see."""
    right = f"intake.{table.__tablename__}.view"
    owners = Ownership(table.owner_id, table.co_owner_id, None, table.department_id)
    return visible(caller, right, owners) & there(table, deleted=deleted)


def visible_companies(caller: Caller, *, deleted: bool = False) -> Any:
    """Select companies with `owner_name` and `client_requests`."""
    requests = _requests_from(Request.company_id, Company.id)
    return _with_owner(Company, caller, deleted=deleted).add_columns(
        requests.label("client_requests")
    )


def visible_contacts(caller: Caller, *, deleted: bool = False) -> Any:
    """Select contacts with `owner_name`, `company_name` and `client_requests`."""
    requests = _requests_from(Request.contact_id, Contact.id)
    return (
        _with_owner(Contact, caller, deleted=deleted)
        .add_columns(Company.name.label("company_name"), requests.label("client_requests"))
        .outerjoin(Company, Company.id == Contact.company_id)
    )


def visible_customers(caller: Caller, *, deleted: bool = False) -> Any:
    """Select customers with `owner_name` and `company_name`."""
    return (
        _with_owner(Customer, caller, deleted=deleted)
        .add_columns(Company.name.label("company_name"))
        .outerjoin(Company, Company.id == Customer.company_id)
    )


def _with_owner(table: type[PartyT], caller: Caller, *, deleted: bool) -> Any:
    query: Any = select(table, UserReplica.name.label("owner_name"))
    owned = query.outerjoin(UserReplica, UserReplica.id == table.owner_id)
    return owned.where(seen_by(caller, table, deleted=deleted))


def _requests_from(
    link: InstrumentedAttribute[UUID | None], party: InstrumentedAttribute[UUID]
) -> Any:
    counted = aliased(Request)
    return (
        select(func.count())
        .where(getattr(counted, link.key) == party, counted.deleted_at.is_(None))
        .correlate(party.class_)
        .scalar_subquery()
    )


async def get_row(session: AsyncSession, query: Select[Any], record_id: UUID) -> Any:
    """Answer the row of one visible record.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    table = query.column_descriptions[0]["entity"]
    row = (await session.execute(query.where(table.id == record_id))).one_or_none()
    if row is None:
        raise NotFound
    return row


async def lock_party(
    session: AsyncSession, table: type[PartyT], record_id: UUID, caller: Caller
) -> PartyT:
    """Answer a visible company, contact or customer, locked for a change.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    return await lock_one(
        session, select(table).where(table.id == record_id, seen_by(caller, table))
    )


async def find_visible(
    session: AsyncSession, table: type[PartyT], record_id: UUID, caller: Caller
) -> PartyT | None:
    """Answer a record a body names, if the caller may see it; it is not removed meanwhile.

    A company is looked for before its contacts, which whoever renames it goes on to.
    """
    query = select(table).where(table.id == record_id, seen_by(caller, table))
    return (await session.scalars(query.with_for_update(read=True))).one_or_none()


async def is_visible(
    session: AsyncSession, table: type[PartyT], record_id: UUID, caller: Caller
) -> bool:
    """Answer whether the caller may see a company, contact or customer."""
    query = select(table.id).where(table.id == record_id, seen_by(caller, table))
    return await session.scalar(query) is not None


async def find_by_email(
    session: AsyncSession, table: type[AddressedT], address: str
) -> AddressedT | None:
    """Answer the live company or customer whose address this is, letter case ignored."""
    query = select(table).where(table.email_key == email_key(address), table.deleted_at.is_(None))
    return (await session.scalars(query)).one_or_none()


async def find_customer_of(
    session: AsyncSession, *, contact_id: UUID | None = None, company_id: UUID | None = None
) -> Customer | None:
    """Answer the contact's customer, else the company's oldest one."""
    parties = {Customer.contact_id: contact_id, Customer.company_id: company_id}
    for column, party_id in parties.items():
        if party_id is not None:
            query = select(Customer).where(column == party_id, Customer.deleted_at.is_(None))
            customer = await session.scalar(query.order_by(Customer.id).limit(1))
            if customer:
                return customer
    return None


async def find_uses_of_company(session: AsyncSession, company_id: UUID) -> Any:
    """Answer whether live `customers`, `contacts`, `leads` and `requests` refer to a company."""
    uses = (
        exists().where(table.company_id == company_id, table.deleted_at.is_(None))
        for table in (Customer, Contact, Lead, Request)
    )
    labels = ("customers", "contacts", "leads", "requests")
    named = (use.label(label) for use, label in zip(uses, labels, strict=True))
    return (await session.execute(select(*named))).one()
