"""Tying a request to who wrote it: by matching, by hand, and by a new lead (INT-023 to INT-034)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from intake.commands.indexing import present
from intake.commands.locks import lock_names
from intake.domain.matching import Match, Party, Traits, decide, wanted_keys
from intake.domain.person_names import split_name
from intake.domain.phones import phone_key, to_e164
from intake.models import Company, Contact, Lead, Request
from intake.queries.parties import find_parties
from kernel.text import email_key

MOST_CANDIDATES = 20
TRIES = 3


@dataclass(frozen=True)
class Linked:
    """The records a request is tied to; they are not converted or removed before its commit."""

    contact: Contact | None = None
    company: Company | None = None
    lead: Lead | None = None

    @property
    def parties(self) -> tuple[Contact | Company | Lead, ...]:
        """Answer those there are, the closest to the writer first."""
        return tuple(party for party in (self.contact, self.company, self.lead) if party)

    @property
    def is_live(self) -> bool:
        """Answer whether all of them are still there, and the lead still a lead."""
        gone = any(party.deleted_at for party in self.parties)
        return not gone and not (self.lead and self.lead.converted_at)


def traits_of(request: Request) -> Traits:
    """Answer what a request says about who wrote it."""
    return Traits(
        request.first_name,
        request.last_name,
        present(request.email),
        present(request.phone),
        present(request.company_name),
        request.website,
        request.country,
    )


def names_of(traits: Traits) -> list[str]:
    """Answer the names two writers of one person take turns on."""
    phones = (phone_key(phone, traits.country) for phone in traits.phones)
    return [*map(email_key, traits.emails), *present(*phones)]


async def match(session: AsyncSession, request: Request) -> tuple[Match, Linked]:
    """Look for who wrote a request; what is found is held until the commit.

    The caller has locked the writer's names, so that nobody else makes the same lead meanwhile. A
    lead that was being converted at this moment is looked for again, as what it became.
    """
    traits = traits_of(request)
    for _ in range(TRIES):
        found = decide(traits, await find_parties(session, wanted_keys(traits)))
        linked = await hold(session, found.contact_id, found.company_id, found.lead_id)
        if linked.is_live:
            return found, linked
    return Match(), Linked()


async def hold(
    session: AsyncSession,
    contact_id: UUID | None,
    company_id: UUID | None,
    lead_id: UUID | None,
) -> Linked:
    """Load what a request is tied to, with locks that keep it; a contact brings its company.

    The company is locked before its contact, to whom whoever changes the company goes on.
    """
    lead = await _hold(session, Lead, lead_id)
    if contact_id and company_id is None:
        query = select(Contact.company_id).where(Contact.id == contact_id)
        company_id = await session.scalar(query)
    company = await _hold(session, Company, company_id)
    return Linked(await _hold(session, Contact, contact_id), company, lead)


async def _hold(session: AsyncSession, table: type[Any], record_id: UUID | None) -> Any:
    if record_id is None:
        return None
    query = select(table).where(table.id == record_id).with_for_update(read=True)
    held = await session.scalars(query.execution_options(populate_existing=True))
    return held.one()


def attach(request: Request, found: Match, linked: Linked) -> dict[str, Any]:
    """Answer the fields of a request that a match sets."""
    candidates = [_candidate(party) for party in found.candidates[:MOST_CANDIDATES]]
    return {
        "contact_id": found.contact_id,
        "company_id": found.company_id,
        "lead_id": found.lead_id,
        "match_reasons": list(found.reasons),
        "candidates": candidates,
        "verification_required": found.found,
        **filled_in(request, linked),
    }


def _candidate(party: Party) -> dict[str, Any]:
    return {"kind": party.kind, "id": str(party.id), "reasons": list(party.reasons)}


def filled_in(request: Request, linked: Linked) -> dict[str, Any]:
    """Answer the empty fields of a request that its contact, lead or company knows (INT-033)."""
    known: dict[str, Any] = {}
    if linked.lead:
        known |= {"email": linked.lead.contact_email, "phone": linked.lead.contact_phone}
        known |= split_name(linked.lead.contact_name or "").columns()
    if linked.contact:
        person = linked.contact
        known |= {"first_name": person.first_name, "middle_name": person.middle_name}
        known |= {"last_name": person.last_name, "phone": next(iter(person.all_phones), None)}
        known |= {"email": next(iter(person.emails), None)}
    if request.first_name:  # a name is filled in whole or not at all
        for part in ("first_name", "middle_name", "last_name"):
            known.pop(part, None)
    if linked.company:
        known |= {"company_id": linked.company.id, "company_name": linked.company.name}
        known |= {"country": linked.company.country, "city": linked.company.city}
    return {name: value for name, value in known.items() if value and not getattr(request, name)}


def normalised_phone(request: Request, company: Company | None) -> str | None:
    """Answer the phone in E.164, read in the country of the request, else of its company."""
    country = request.country or (company.country if company else None)
    return to_e164(request.phone, country)


async def lock_writer(session: AsyncSession, request: Request) -> None:
    """Take turns with everybody who writes a request or lead of the same person (INT-031)."""
    await lock_names(session, *names_of(traits_of(request)))
