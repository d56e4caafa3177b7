"""The lead, or the contact, that a request from a stranger makes (INT-028 to INT-030, INT-084)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from intake.commands.contacts import add_contact
from intake.commands.leads import add_lead
from intake.commands.owners import active_owner
from intake.events.requests import person_name
from intake.models import Company, Contact, Lead, Request
from intake.queries.leads import find_lead_by_email
from intake.queries.preferences import Defaults
from kernel.ids import uuid7


async def spawn_lead(session: AsyncSession, request: Request, defaults: Defaults) -> UUID:
    """Make the lead of a request; an address that another lead holds becomes a secondary one."""
    status_id = defaults.status_id or defaults.first_status_id
    taken = request.email and await find_lead_by_email(session, request.email)
    lead = Lead(
        id=uuid7(),
        title=request.subject,
        contact_name=person_name(request),
        contact_email=None if taken else request.email,
        emails=[request.email] if taken and request.email else [],
        contact_phone=request.phone,
        website=request.website,
        company_name=request.company_name,
        country=request.country,
        city=request.city,
        source_id=request.source_id,
        status_id=status_id,
        department_id=request.department_id,
        team_id=request.team_id,
        owner_id=request.owner_id,
    )
    await add_lead(session, lead, "form" if request.channel == "form" else "request", request.id)
    return lead.id


async def spawn_contact(
    session: AsyncSession, request: Request, company: Company
) -> Contact | None:
    """Make a contact in the request's company, if the person is known well enough (INT-030)."""
    if not request.first_name or not (request.email or request.phone):
        return None
    contact = Contact(
        id=uuid7(),
        first_name=request.first_name,
        middle_name=request.middle_name,
        last_name=request.last_name,
        emails=[request.email] if request.email else [],
        phone=request.phone,
        country=request.country,
        city=request.city,
        company_id=company.id,
        source_id=request.source_id,
        owner_id=await active_owner(session, company, request),
        department_id=company.department_id or request.department_id,
    )
    await add_contact(session, contact, company)
    return contact
