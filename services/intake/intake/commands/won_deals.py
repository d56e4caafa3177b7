"""What a deal's end means for its lead and its customer (INT-114, INT-131)."""

from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.deals import DealWon
from intake.commands.changes import say
from intake.commands.conversion import carry_out, known_of, lock_around_lead
from intake.commands.conversion_choice import find_matches, lock_parties, settle, traits_of
from intake.commands.conversion_parties import Plan
from intake.commands.customers import add_customer
from intake.commands.leads import move_lead
from intake.commands.locks import lock_names
from intake.domain.conversion import prefilled
from intake.events.directory import party_merged
from intake.models import Company, Contact, Customer, DealReplica, Lead
from intake.queries.dictionaries import find_status_by_code
from intake.queries.directory import find_customer_of
from intake.queries.preferences import get_preferences
from intake.queries.replicas import find_deals_of_lead

PartyT = TypeVar("PartyT", Company, Contact)


async def settle_won_deal(session: AsyncSession, won: DealWon) -> None:
    """Make the customer of a won deal that has none, under the id the deal gave it.

    Heard again, or when that party is a customer already, no second one appears; in the latter
    case the others hear which customer the id stands for.
    """
    if won.customer_id is None or not won.customer_is_new:
        return
    preferences = await get_preferences(session)
    made = await session.get(Customer, won.customer_id)
    if made or not preferences.customers_create_on_won:
        return
    lead = await _lock_lead(session, won.lead_id)
    if lead is None:
        await _make_of_party(session, won, won.customer_id)
    elif lead.converted_at:
        await _keep_existing(session, won.customer_id, lead.customer_id)
    else:
        await _convert(session, lead, won, won.customer_id)
        await _keep_existing(session, won.customer_id, lead.customer_id)


async def lose_lead(session: AsyncSession, deal: DealReplica) -> None:
    """Let the lead of a lost deal be lost, unless another deal of it goes on."""
    lead = await _lock_lead(session, deal.lead_id)
    if lead is None or lead.converted_at:
        return
    deals = await find_deals_of_lead(session, lead.id, lead.deal_id)
    if all(other.status == "lost" for other in deals):
        await _move(session, lead, "lost")


async def reopen_lead(session: AsyncSession, deal: DealReplica) -> None:
    """Let the lead of a reopened deal be qualified again."""
    lead = await _lock_lead(session, deal.lead_id)
    lost = await find_status_by_code(session, "lost")
    if lead and lost and not lead.converted_at and lead.status_id == lost.id:
        await _move(session, lead, "qualified")


async def _move(session: AsyncSession, lead: Lead, code: str) -> None:
    status = await find_status_by_code(session, code)
    if status and status.id != lead.status_id:
        move_lead(session, lead, status)


async def _lock_lead(session: AsyncSession, lead_id: UUID | None) -> Lead | None:
    if lead_id is None:
        return None
    await lock_around_lead(session, lead_id)
    query = select(Lead).where(Lead.id == lead_id, Lead.deleted_at.is_(None))
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.scalars(locked)).one_or_none()


async def _convert(session: AsyncSession, lead: Lead, won: DealWon, customer_id: UUID) -> None:
    """Convert a lead with what the deal names; where several records fit, none of them is taken."""
    form = prefilled(known_of(lead))
    traits = traits_of(lead, form)
    await lock_parties(session, traits)
    matches = await find_matches(session, traits, form.email)
    contact = await _live(session, Contact, won.contact_id)
    if contact is None and len(matches.contacts) == 1:
        contact = await session.get(Contact, matches.contacts[0].id)
    company = await _live(session, Company, won.company_id)
    if company is None and len(matches.companies) == 1:
        company = await session.get(Company, matches.companies[0].id)
    if len(matches.companies) > 1:
        form = replace(form, company_option="none")
    choice = await settle(session, contact, company, matches)
    preferences = await get_preferences(session)
    plan = Plan(form, choice, preferences, customer_id, won_deal_id=won.deal_id)
    await carry_out(session, lead, plan)


async def _make_of_party(session: AsyncSession, won: DealWon, customer_id: UUID) -> None:
    contact = await _live(session, Contact, won.contact_id)
    company = await _live(session, Company, won.company_id)
    party = contact or company
    if party is None:
        return
    await lock_names(session, *(f"customer/{found.id}" for found in (contact, company) if found))
    existing = await find_customer_of(
        session,
        contact_id=contact.id if contact else None,
        company_id=company.id if company else None,
    )
    if existing:
        await _keep_existing(session, customer_id, existing.id)
        return
    customer = Customer(
        id=customer_id,
        name=party.name,
        contact_id=contact.id if contact else None,
        company_id=company.id if company else None,
        owner_id=won.owner_id or party.owner_id,
        department_id=won.department_id or party.department_id,
    )
    await add_customer(session, customer, await get_preferences(session), won.deal_id)


async def _keep_existing(
    session: AsyncSession, promised_id: UUID, customer_id: UUID | None
) -> None:
    """Tell the others that the id a deal promised stands for a customer that existed already."""
    if customer_id is None or customer_id == promised_id:
        return
    query = select(Customer).where(Customer.id == customer_id).with_for_update(key_share=True)
    fresh = query.execution_options(populate_existing=True)
    customer = (await session.scalars(fresh)).one()
    say(session, customer, party_merged("customer", promised_id, customer.id))


async def _live(
    session: AsyncSession, table: type[PartyT], record_id: UUID | None
) -> PartyT | None:
    record = await session.get(table, record_id) if record_id else None
    return record if record and record.deleted_at is None else None
