"""Bringing deleted records back (GAT-014): checked like new ones, indexed again, and said once."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.event import Event
from contracts.intake import (
    CompanyRestored,
    ContactRestored,
    CustomerRestored,
    LeadRestored,
    RequestRestored,
)
from intake.commands import companies, customers, leads
from intake.commands.changes import revive, say
from intake.commands.conversion import move_request
from intake.commands.indexing import (
    add_keys,
    derive_company,
    derive_contact,
    derive_customer,
    derive_lead,
)
from intake.events.directory import company_event, contact_event, customer_event
from intake.models import Company, Contact, Customer, Lead, LeadStatus, Request
from intake.queries.preferences import hold_defaults
from intake.queries.removed import (
    Restorable,
    RestorableT,
    get_removed,
    hold,
    lock_removed,
    need_source,
)
from kernel.errors import Conflict


async def lock_to_restore(
    session: AsyncSession, table: type[RestorableT], record_id: UUID
) -> RestorableT:
    """Answer a deleted record, locked after what everybody locks before such a record.

    Raises:
        NotFound: there is none, or it is not deleted.
    """
    record = await get_removed(session, table, record_id)
    if not isinstance(record, Company):
        await hold(session, Company, record.company_id)
    match record:
        case Lead():
            await leads.lock_address(session, record.contact_email)
        case Customer():
            await hold(session, Contact, record.contact_id)
            await customers.lock_address(session, record.email)
        case Request():
            await hold(session, Lead, record.lead_id)
    return await lock_removed(session, table, record_id)


async def restore(session: AsyncSession, record: Restorable) -> None:
    """Bring a deleted record that `lock_to_restore` answered back.

    A lead whose status was deleted meanwhile gets the one a new lead gets.

    Raises:
        Conflict: its e-mail address or contact is taken, or its company, contact or source deleted.
    """
    await _check(session, record)
    revive(session, record)
    say(session, record, _restored(record))
    await _index(session, record)
    if isinstance(record, Request):
        await _follow_lead(session, record)
    if isinstance(record, Lead):
        await _settle_status(session, record)


async def _check(session: AsyncSession, record: Restorable) -> None:
    if not isinstance(record, Company):
        await _need_company(session, record.company_id)
    if isinstance(record, Lead | Contact | Request):
        await need_source(session, record.source_id)
    match record:
        case Lead():
            await leads.check_email(session, record.contact_email, record.id)
        case Company():
            await companies.check_email(session, record.email, record.id)
        case Customer():
            await customers.check_email(session, record.email, record.id)
            if record.contact_id:
                await _need_contact(session, record.contact_id)
                await customers.check_contact(session, record.contact_id)


async def _need_company(session: AsyncSession, company_id: UUID | None) -> None:
    if company_id and not await hold(session, Company, company_id):
        detail = "Its company was deleted; restore that first."
        raise Conflict(detail, code="company_deleted", company_id=company_id)


async def _need_contact(session: AsyncSession, contact_id: UUID) -> None:
    if not await hold(session, Contact, contact_id):
        detail = "Its contact was deleted; restore that first."
        raise Conflict(detail, code="contact_deleted", contact_id=contact_id)


def _restored(record: Restorable) -> Event:
    match record:
        case Lead():
            return LeadRestored(lead_id=record.id)
        case Company():
            return company_event(CompanyRestored, record)
        case Contact():
            return contact_event(ContactRestored, record)
        case Customer():
            return customer_event(CustomerRestored, record)
        case Request():
            return RequestRestored(request_id=record.id, ticket=record.ticket)


async def _index(session: AsyncSession, record: Restorable) -> None:
    """Let a record be found as what it and its company are now."""
    match record:
        case Lead():
            await add_keys(session, "lead", record.id, derive_lead(record))
        case Company():
            await add_keys(session, "company", record.id, derive_company(record))
        case Contact():
            keys = derive_contact(record, await customers.company_of(session, record))
            await add_keys(session, "contact", record.id, keys)
        case Customer():
            derive_customer(record, await customers.company_of(session, record))


async def _settle_status(session: AsyncSession, lead: Lead) -> None:
    if await hold(session, LeadStatus, lead.status_id):
        return
    defaults = await hold_defaults(session)
    status_id = defaults.status_id or defaults.first_status_id
    leads.move_lead(session, lead, await session.get_one(LeadStatus, status_id))


async def _follow_lead(session: AsyncSession, request: Request) -> None:
    """Let a request whose lead was converted meanwhile belong to what the lead became."""
    lead = await session.get(Lead, request.lead_id) if request.lead_id else None
    if lead and lead.converted_at:
        move_request(session, request, lead)
