"""Events about companies, contacts and customers."""

from typing import Any, TypeVar
from uuid import UUID

from contracts.intake import PartyMerged
from contracts.intake.directory import CompanyEvent, ContactEvent, CustomerEvent
from contracts.vocabulary import Changes
from intake.models import Company, Contact, Customer

CompanyE = TypeVar("CompanyE", bound=CompanyEvent)
ContactE = TypeVar("ContactE", bound=ContactEvent)
CustomerE = TypeVar("CustomerE", bound=CustomerEvent)


def company_event(
    cls: type[CompanyE], company: Company, changed: Changes | None = None
) -> CompanyE:
    """Say one of the things that happen to a company."""
    return cls(
        company_id=company.id,
        name=company.name,
        country=company.country,
        city=company.city,
        email=company.email,
        phone=company.phone_e164 or company.phone,
        website=company.website,
        active=company.active,
        owner_id=company.owner_id,
        department_id=company.department_id,
        changed=changed,
    )


def contact_event(cls: type[ContactE], contact: Contact) -> ContactE:
    """Say one of the things that happen to a contact."""
    return cls(
        contact_id=contact.id,
        name=contact.name,
        emails=tuple(contact.emails),
        phones=contact.all_phones,
        company_id=contact.company_id,
        do_not_email=contact.do_not_email,
        active=contact.active,
        owner_id=contact.owner_id,
    )


def customer_event(
    cls: type[CustomerE], customer: Customer, deal_id: UUID | None = None
) -> CustomerE:
    """Say one of the things that happen to a customer; `deal_id` is the deal that made it."""
    terms: dict[str, Any] = {
        "discount": customer.discount,
        "currency": customer.currency,
        "terms": customer.payment_terms,
        "credit_limit": customer.credit_limit,
    }
    return cls(
        customer_id=customer.id,
        code=customer.code,
        name=customer.name,
        email=customer.email,
        company_id=customer.company_id,
        contact_id=customer.contact_id,
        owner_id=customer.owner_id,
        status=customer.status,
        blacklisted=customer.blacklisted,
        deal_id=deal_id,
        **terms,
    )


def party_merged(kind: str, from_id: UUID, into_id: UUID) -> PartyMerged:
    """Say that one id is replaced by another that stays."""
    return PartyMerged(kind=kind, from_id=from_id, into_id=into_id)
