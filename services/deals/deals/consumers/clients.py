"""Companies, contacts, customers, leads and requests of intake."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.subscriptions import Heard
from contracts import intake
from contracts.vocabulary import Changes
from deals.commands.births import link_client
from deals.commands.replicas import found_by, keep
from deals.consumers.subscription import SUBSCRIPTION
from deals.models import Company, Contact, Customer, Lead, Request
from kernel.text import email_key, fold


@SUBSCRIPTION.keeps(
    intake.CompanyCreated, intake.CompanyUpdated, intake.CompanyDeleted, intake.CompanyRestored
)
async def keep_company(session: AsyncSession, heard: Heard[intake.CompanyCreated]) -> None:
    """Keep a company as it looks now."""
    company = heard.event
    values = {
        "name": company.name,
        "is_active": company.active,
        "is_deleted": heard.envelope.topic == intake.CompanyDeleted.topic,
        "email": company.email,
        "email_key": company.email and email_key(company.email),
        "phone": company.phone,
        "website": company.website,
        "country": company.country,
        "city": company.city,
        **found_by(company.name),
    }
    await keep(session, heard, Company, values)


@SUBSCRIPTION.keeps(
    intake.ContactCreated,
    intake.ContactUpdated,
    intake.ContactDeleted,
    intake.ContactRestored,
    intake.ContactErased,
)
async def keep_contact(session: AsyncSession, heard: Heard[intake.ContactCreated]) -> None:
    """Keep a contact as it looks now; of an erased one nothing personal stays."""
    contact = heard.event
    erased = heard.envelope.topic == intake.ContactErased.topic
    values = {
        "name": "" if erased else contact.name,
        "is_active": contact.active,
        "is_deleted": erased or heard.envelope.topic == intake.ContactDeleted.topic,
        "emails": [] if erased else list(contact.emails),
        "phones": [] if erased else list(contact.phones),
        "company_id": contact.company_id,
        **found_by(None if erased else contact.name),
    }
    await keep(session, heard, Contact, values)


@SUBSCRIPTION.keeps(
    intake.CustomerCreated,
    intake.CustomerUpdated,
    intake.CustomerBlacklisted,
    intake.CustomerDeleted,
    intake.CustomerRestored,
)
async def keep_customer(session: AsyncSession, heard: Heard[intake.CustomerCreated]) -> None:
    """Keep a customer as it looks now."""
    customer = heard.event
    values = {
        "name": customer.name,
        "name_key": fold(customer.name),
        "code": customer.code,
        "code_key": fold(customer.code),
        "email": customer.email,
        "email_key": customer.email and email_key(customer.email),
        "company_id": customer.company_id,
        "contact_id": customer.contact_id,
        "discount": customer.discount,
        "is_blacklisted": customer.blacklisted,
        "is_deleted": heard.envelope.topic == intake.CustomerDeleted.topic,
        **found_by(customer.name, customer.code),
    }
    await keep(session, heard, Customer, values)


@SUBSCRIPTION.on(intake.CustomerCreated)
async def take_customer(session: AsyncSession, heard: Heard[intake.CustomerCreated]) -> None:
    """A customer made for a deal becomes the deal's (DEA-061)."""
    customer = heard.event
    if customer.deal_id:
        await link_client(session, [customer.deal_id], {"customer_id": customer.customer_id})


@SUBSCRIPTION.keeps(intake.LeadCreated)
async def keep_lead(session: AsyncSession, heard: Heard[intake.LeadCreated]) -> None:
    """Keep a new lead."""
    lead = heard.event
    values = {
        "name": lead.title,
        "crm_ref": lead.crm_ref,
        "email": lead.email,
        "company_name": lead.company_name,
    }
    await keep(session, heard, Lead, values)


LEAD_FIELDS = {"title": "name", "email": "email", "company_name": "company_name"}
REQUEST_FIELDS = {"subject": "name", "description": "description", "channel": "channel"}


@SUBSCRIPTION.keeps(intake.LeadUpdated)
async def update_lead(session: AsyncSession, heard: Heard[intake.LeadUpdated]) -> None:
    """Follow the fields of a lead that are kept here."""
    values = _renamed(heard.event.changed, LEAD_FIELDS)
    await keep(session, heard, Lead, values)


@SUBSCRIPTION.keeps(intake.LeadDeleted, intake.LeadRestored)
async def remove_lead(session: AsyncSession, heard: Heard[intake.LeadDeleted]) -> None:
    """Follow a lead out of the lists and back."""
    values = {"is_deleted": heard.envelope.topic == intake.LeadDeleted.topic}
    await keep(session, heard, Lead, values)


@SUBSCRIPTION.keeps(intake.RequestReceived)
async def keep_request(session: AsyncSession, heard: Heard[intake.RequestReceived]) -> None:
    """Keep a new request and who wrote it."""
    request = heard.event
    values = {
        "name": request.subject,
        "ticket": request.ticket,
        "channel": request.channel,
        "person_name": request.person.name,
        "person_email": request.person.email,
        "person_phone": request.person.phone,
        "received_at": request.received_at,
    }
    await keep(session, heard, Request, values)


@SUBSCRIPTION.keeps(intake.RequestUpdated, intake.RequestAssigned)
async def update_request(session: AsyncSession, heard: Heard[intake.RequestUpdated]) -> None:
    """Follow the fields of a request that are kept here."""
    values = _renamed(heard.event.changed, REQUEST_FIELDS)
    await keep(session, heard, Request, values)


@SUBSCRIPTION.keeps(intake.RequestDeleted, intake.RequestRestored)
async def remove_request(session: AsyncSession, heard: Heard[intake.RequestDeleted]) -> None:
    """Follow a request out of the lists and back."""
    values = {"is_deleted": heard.envelope.topic == intake.RequestDeleted.topic}
    await keep(session, heard, Request, values)


def _renamed(changed: Changes, columns: dict[str, str]) -> dict[str, Any]:
    """Answer the new values of the fields kept here; a name that was cleared is empty text."""
    values = {columns[field]: new for field, (_, new) in changed.items() if field in columns}
    return {**values, "name": values["name"] or ""} if "name" in values else values
