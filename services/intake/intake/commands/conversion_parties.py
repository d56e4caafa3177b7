"""The company, contact and customer a conversion makes or updates (INT-119 to INT-122)."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.intake import NewDeal
from intake.commands.companies import add_company
from intake.commands.contacts import add_contact, change_contact
from intake.commands.conversion_choice import Choice
from intake.commands.customers import add_customer, change_customer
from intake.commands.indexing import present
from intake.domain.conversion import Form
from intake.domain.person_names import split_name
from intake.domain.preferences import Preferences
from intake.models import Company, Contact, Customer, Lead
from kernel.ids import uuid7
from kernel.text import email_key

ADDRESS: Final = ("street", "city", "state", "postal_code", "country")
OWNERS: Final = ("owner_id", "co_owner_id", "department_id")


@dataclass(frozen=True)
class Plan:
    """A settled conversion: what exists already, what is asked for, and the ids of what is new."""

    form: Form
    choice: Choice
    preferences: Preferences
    customer_id: UUID
    deal: NewDeal | None = None
    won_deal_id: UUID | None = None


async def make_company(session: AsyncSession, lead: Lead, plan: Plan) -> Company | None:
    """Use the chosen company, else make the one the form asks for, of the lead's owner."""
    form = plan.form
    if plan.choice.company or form.company_option in ("none", "existing") or not form.company_name:
        return plan.choice.company
    company = Company(
        id=uuid7(),
        name=form.company_name,
        website=lead.website,
        industry=next(iter(lead.industries), None),
        **_taken_over(lead, *ADDRESS, *OWNERS),
    )
    await add_company(session, company)
    return company


async def make_contact(
    session: AsyncSession, lead: Lead, plan: Plan, company: Company | None
) -> Contact | None:
    """Use the customer's or the matching contact, else make one if there should be one."""
    customer, contact = plan.choice.customer, plan.choice.contact
    if customer and customer.contact_id:
        return await session.get(Contact, customer.contact_id)
    if contact:
        if company and contact.company_id is None:
            await change_contact(session, contact, {"company_id": company.id})
        return contact
    wanted = bool(lead.contact_name) and plan.preferences.leads_auto_create_contact
    if not wanted and (company or (customer and customer.company_id)):
        return None
    contact = _contact_of(lead, plan.form)
    contact.company_id = company.id if company else None
    await add_contact(session, contact, company)
    return contact


async def make_customer(
    session: AsyncSession, lead: Lead, plan: Plan, company: Company | None, contact: Contact | None
) -> Customer:
    """Update the customer that exists with what the form says, else make one."""
    form, customer = plan.form, plan.choice.customer
    links = {"company_id": company and company.id, "contact_id": contact and contact.id}
    if customer:
        email = None if plan.choice.email_taken else form.email
        said = {"name": form.customer_name, "email": email, "phone": form.phone, **form.terms}
        values = {name: value for name, value in said.items() if value is not None}
        filled = {**links, **_addresses(lead)}
        missing = {name: it for name, it in filled.items() if getattr(customer, name) is None}
        await change_customer(session, customer, values | missing)
        return customer
    customer = Customer(
        id=plan.customer_id,
        name=form.customer_name,
        email=form.email,
        phone=form.phone,
        **_addresses(lead),
        **links,
        **form.terms,
        **_taken_over(lead, *OWNERS),
    )
    await add_customer(session, customer, plan.preferences, plan.won_deal_id)
    return customer


def _addresses(lead: Lead) -> dict[str, Any]:
    address = _taken_over(lead, *ADDRESS) if any(_taken_over(lead, *ADDRESS).values()) else None
    return {"billing_address": address, "delivery_address": address}


def _contact_of(lead: Lead, form: Form) -> Contact:
    name = split_name(lead.contact_name or form.customer_name or lead.title)
    emails = present(form.email, lead.contact_email, *lead.emails)
    phones = present(form.phone, lead.contact_phone, *lead.phones)
    return Contact(
        id=uuid7(),
        **name.columns(),
        emails=_different(emails),
        phone=next(iter(phones), None),
        mobile=lead.mobile,
        **_taken_over(lead, *ADDRESS, *OWNERS),
        **_taken_over(lead, "job_title", "birth_date", "source_id", "do_not_email"),
    )


def _taken_over(lead: Lead, *fields: str) -> dict[str, Any]:
    return {field: getattr(lead, field) for field in fields}


def _different(addresses: tuple[str, ...]) -> list[str]:
    """Answer the addresses without repetitions in another letter case."""
    known: dict[str, str] = {}
    for address in addresses:
        known.setdefault(email_key(address), address)
    return list(known.values())
