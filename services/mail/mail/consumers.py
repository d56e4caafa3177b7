"""What mail hears: who its users are, and the records letters belong to."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.subscriptions import Heard, Subscription
from contracts import deals, gateway, intake
from mail.commands.linking import Target, letters_with, link_letters
from mail.commands.replicas import announce_record, fields_of, keep_account, keep_record
from mail.commands.waiting import fetch_soon
from mail.models import Account, CrmRecord

SUBSCRIPTION = Subscription("mail", "events", replicas=(Account, CrmRecord))
keeps, hears = SUBSCRIPTION.keeps, SUBSCRIPTION.on


@keeps(gateway.UserCreated, gateway.UserChanged, gateway.UserDeactivated)
async def user_changed(session: AsyncSession, heard: Heard[gateway.UserEvent]) -> None:
    """Keep the users: owners of mailboxes and letters."""
    await keep_account(session, heard)


@keeps(intake.RequestReceived)
async def request_received(session: AsyncSession, heard: Heard[intake.RequestReceived]) -> None:
    """Register the ticket of a request."""
    request = heard.event
    fields = _links(request, "company_id", "contact_id", "lead_id", "owner_id", "department_id")
    fields |= {
        "name": request.subject,
        "email": request.person.email,
        "ticket": request.ticket,
    }
    await keep_record(session, heard, "request", fields)


@keeps(intake.RequestUpdated, intake.RequestAssigned)
async def request_changed(session: AsyncSession, heard: Heard[intake.RequestUpdated]) -> None:
    """Keep the fields and links of a request."""
    fields = fields_of(heard.event.changed)
    fields |= _links(heard.event, "company_id", "contact_id", "lead_id", "owner_id")
    await keep_record(session, heard, "request", fields)


@hears(intake.RequestReceived)
async def request_opened(session: AsyncSession, heard: Heard[intake.RequestReceived]) -> None:
    """Fetch the letters that were quicker than their request."""
    await fetch_soon(session, heard.event.ticket)


@hears(intake.DealRequested)
async def deal_requested(session: AsyncSession, heard: Heard[intake.DealRequested]) -> None:
    """Let the letters of a request's ticket belong to its deal, too (MAI-021)."""
    asked = heard.event
    fields = _links(asked, "owner_id", "co_owner_id", "department_id")
    fields |= _links(asked, "company_id", "contact_id", "lead_id", "request_id")
    fields |= {"name": asked.name, "ticket": asked.ticket}
    await announce_record(session, "deal", asked.deal_id, fields)
    await fetch_soon(session, asked.ticket)
    letters = letters_with(asked.ticket, asked.request_id)
    await link_letters(session, letters, _deal_and_parties(asked), "ticket")


@keeps(deals.DealCreated)
async def deal_created(session: AsyncSession, heard: Heard[deals.DealCreated]) -> None:
    """Register the ticket of a deal."""
    deal = heard.event
    fields = _links(deal, "owner_id", "co_owner_id", "team_id", "department_id")
    fields |= _links(deal, "company_id", "contact_id", "lead_id", "request_id")
    await keep_record(session, heard, "deal", fields | {"name": deal.name, "ticket": deal.ticket})


@hears(deals.DealCreated)
async def deal_opened(session: AsyncSession, heard: Heard[deals.DealCreated]) -> None:
    """Let a deal take over the letters of the request it came from, and fetch quicker ones."""
    deal = heard.event
    await fetch_soon(session, deal.ticket)
    if deal.request_id:  # else the ticket is new, and no stored letter can carry it
        letters = letters_with(deal.ticket, deal.request_id)
        await link_letters(session, letters, _deal_and_parties(deal), "ticket")


@keeps(deals.DealUpdated)
async def deal_updated(session: AsyncSession, heard: Heard[deals.DealUpdated]) -> None:
    """Keep the name and the links of a deal."""
    await keep_record(session, heard, "deal", fields_of(heard.event.changed))


@keeps(deals.DealAssigned)
async def deal_assigned(session: AsyncSession, heard: Heard[deals.DealAssigned]) -> None:
    """Keep who owns a deal."""
    fields = _links(heard.event, "owner_id", "co_owner_id", "team_id")
    await keep_record(session, heard, "deal", fields)


@keeps(intake.LeadCreated)
async def lead_created(session: AsyncSession, heard: Heard[intake.LeadCreated]) -> None:
    """Keep a lead's title, address and owners."""
    lead = heard.event
    fields = _links(lead, "owner_id", "team_id", "department_id", "request_id")
    await keep_record(session, heard, "lead", fields | {"name": lead.title, "email": lead.email})


@keeps(intake.LeadUpdated)
async def lead_updated(session: AsyncSession, heard: Heard[intake.LeadUpdated]) -> None:
    """Keep a lead's title, address and owners."""
    await keep_record(session, heard, "lead", fields_of(heard.event.changed))


@keeps(intake.LeadAssigned)
async def lead_assigned(session: AsyncSession, heard: Heard[intake.LeadAssigned]) -> None:
    """Keep who owns a lead."""
    await keep_record(session, heard, "lead", _links(heard.event, "owner_id", "team_id"))


@hears(intake.LeadPromoted)
async def lead_promoted(session: AsyncSession, heard: Heard[intake.LeadPromoted]) -> None:
    """Let the letters of a lead belong to its sales chance, too."""
    lead = heard.event
    fields = _links(lead, "owner_id", "team_id", "company_id", "contact_id", "lead_id")
    await announce_record(session, "deal", lead.deal_id, fields | {"name": lead.name})
    await link_letters(session, letters_with(None, lead.lead_id), _deal_and_parties(lead), "hand")


@keeps(intake.LeadConverted)
async def lead_linked(session: AsyncSession, heard: Heard[intake.LeadConverted]) -> None:
    """Keep the company and person a lead became."""
    fields = _links(heard.event, "company_id", "contact_id", "owner_id")
    await keep_record(session, heard, "lead", fields)


@hears(intake.LeadConverted)
async def lead_converted(session: AsyncSession, heard: Heard[intake.LeadConverted]) -> None:
    """Let the letters of a lead belong to its company, person and deals, too (MAI-043)."""
    lead = heard.event
    targets: list[Target] = [("deal", deal_id) for deal_id in lead.linked_deal_ids]
    if lead.deal:
        fields = _links(lead, "company_id", "contact_id", "lead_id", "owner_id")
        await announce_record(session, "deal", lead.deal.deal_id, fields | {"name": lead.deal.name})
        targets.append(("deal", lead.deal.deal_id))
    targets += _parties(lead)
    await link_letters(session, letters_with(None, lead.lead_id), targets, "hand")


@keeps(intake.CompanyCreated, intake.CompanyUpdated)
async def company_changed(session: AsyncSession, heard: Heard[intake.CompanyCreated]) -> None:
    """Keep a company's name, address and owner."""
    company = heard.event
    fields = _links(company, "owner_id", "department_id")
    await keep_record(
        session, heard, "company", fields | {"name": company.name, "email": company.email}
    )


@keeps(intake.ContactCreated, intake.ContactUpdated, intake.ContactErased)
async def contact_changed(session: AsyncSession, heard: Heard[intake.ContactCreated]) -> None:
    """Keep a person's name, first address and owner; an erased one has neither any more."""
    contact = heard.event
    fields = _links(contact, "owner_id", "company_id") | {
        "name": contact.name,
        "email": next(iter(contact.emails), None),
        "department_id": heard.envelope.departmentid,
    }
    await keep_record(session, heard, "contact", fields)


@keeps(
    deals.DealDeleted,
    intake.RequestDeleted,
    intake.LeadDeleted,
    intake.CompanyDeleted,
    intake.ContactDeleted,
)
async def record_deleted(session: AsyncSession, heard: Heard[Any]) -> None:
    """Remember that a record is gone: no letter is written from it or tied to it."""
    await keep_record(session, heard, heard.envelope.entity, {"removed": True})


@keeps(
    deals.DealRestored,
    intake.RequestRestored,
    intake.LeadRestored,
    intake.CompanyRestored,
    intake.ContactRestored,
)
async def record_restored(session: AsyncSession, heard: Heard[Any]) -> None:
    """Remember that a record is back."""
    await keep_record(session, heard, heard.envelope.entity, {"removed": False})


def _links(event: Any, *fields: str) -> dict[str, Any]:
    return {field: getattr(event, field) for field in fields}


def _parties(event: Any) -> list[Target]:
    named = ("contact", event.contact_id), ("lead", event.lead_id), ("company", event.company_id)
    return [(kind, found) for kind, found in named if found]


def _deal_and_parties(event: Any) -> list[Target]:
    return [("deal", event.deal_id), *_parties(event)]
