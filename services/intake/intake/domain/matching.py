"""Who wrote? The keys by which people and companies are known, and the choice among the known.

A person is looked for level by level, and the strongest level with a hit decides; contacts win
over leads. Only when no person is known with a company, a company is looked for (INT-023 to 027).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from intake.domain.company_names import company_key, mail_domain, web_host
from intake.domain.index_keys import index_key
from intake.domain.person_names import without_titles
from intake.domain.phones import phone_key
from kernel.text import email_key, fold

PartyKind = Literal["contact", "lead", "company"]
Key = tuple[str, str]
"""The kind of a key, which is also the reason of a match, and the key."""

PERSON_LEVELS: Final = (("email",), ("phone",), ("name_company", "name_domain"))
COMPANY_LEVELS: Final = (("email",), ("phone",), ("company_name",), ("domain",))


@dataclass(frozen=True)
class Traits:
    """What somebody says about themselves, or what is known of a party."""

    first_name: str | None = None
    last_name: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    company_names: tuple[str, ...] = ()
    website: str | None = None
    country: str | None = None


@dataclass(frozen=True)
class Party:
    """A contact, lead or company that shares keys with what is looked for.

    `company_id` is a contact's company; a converted lead has the ids it became.
    """

    kind: PartyKind
    id: UUID
    hits: frozenset[Key]
    country: str | None = None
    company_id: UUID | None = None
    contact_id: UUID | None = None
    converted: bool = False

    def hit_by(self, level: Iterable[str]) -> bool:
        """Answer whether one of its keys of these kinds is shared."""
        return any(kind in level for kind, _ in self.hits)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Answer the kinds of the shared keys."""
        return tuple(sorted({kind for kind, _ in self.hits}))


@dataclass(frozen=True)
class Match:
    """What to attach: a contact with its company, a company, a lead, or nothing but candidates."""

    contact_id: UUID | None = None
    company_id: UUID | None = None
    lead_id: UUID | None = None
    reasons: tuple[str, ...] = ()
    candidates: tuple[Party, ...] = ()

    @property
    def found(self) -> bool:
        """Answer whether anything is attached."""
        return bool(self.contact_id or self.company_id or self.lead_id)


def person_keys(traits: Traits) -> frozenset[Key]:
    """Answer the keys of a contact or lead."""
    return _contact_data(traits) | _full_name(traits)


def company_keys(traits: Traits) -> frozenset[Key]:
    """Answer the keys of a company."""
    domains = [*map(mail_domain, traits.emails), web_host(traits.website)]
    names = map(company_key, traits.company_names)
    return _contact_data(traits) | _keys("company_name", names) | _keys("domain", domains)


def wanted_keys(traits: Traits) -> frozenset[Key]:
    """Answer every key under which the writer, or the writer's company, may be known."""
    return person_keys(traits) | company_keys(traits)


def decide(traits: Traits, parties: Sequence[Party]) -> Match:
    """Choose what a request is attached to."""
    people = find_people(parties)
    if len(people) > 1:
        return Match(candidates=people)
    person = people[0] if people else None
    if person and (person.kind == "lead" or person.company_id):
        return _attached(person)
    companies = (
        (person,) if person and person.kind == "company" else find_companies(traits, parties)
    )
    if len(companies) == 1:
        company = companies[0]
        reasons = tuple(sorted({*company.reasons, *(person.reasons if person else ())}))
        return Match(person.id if person and person != company else None, company.id, None, reasons)
    if person:
        return _attached(person)
    return Match(candidates=companies)


def find_people(parties: Sequence[Party]) -> tuple[Party, ...]:
    """Answer the contacts, else the leads, of the strongest level with a hit.

    A converted lead stands for what it became; one whose successors are gone stands for nobody.
    """
    for level in PERSON_LEVELS:
        for kind in ("contact", "lead"):
            hits = (party for party in parties if party.kind == kind and party.hit_by(level))
            found = {followed.id: followed for party in hits for followed in _followed(party)}
            if found:
                return tuple(found.values())
    return ()


def find_companies(traits: Traits, parties: Sequence[Party]) -> tuple[Party, ...]:
    """Answer the companies of the strongest level with a hit, names narrowed down."""
    companies = [party for party in parties if party.kind == "company"]
    for level in COMPANY_LEVELS:
        hits = [party for party in companies if party.hit_by(level)]
        if level == ("company_name",):
            hits = _narrowed(traits, hits)
        if hits:
            return tuple(hits)
    return ()


def _narrowed(traits: Traits, hits: list[Party]) -> list[Party]:
    """Keep companies that can be in the country, then those in it, then those with the web site."""
    if traits.country:
        hits = [party for party in hits if party.country in (None, traits.country)]
        hits = _preferring(hits, lambda party: party.country == traits.country)
    host = ("domain", web_host(traits.website) or "")
    return _preferring(hits, lambda party: host in party.hits)


def _preferring(hits: list[Party], test: Callable[[Party], bool]) -> list[Party]:
    return [party for party in hits if test(party)] or hits


def _followed(party: Party) -> tuple[Party, ...]:
    if not party.converted:
        return (party,)
    if party.contact_id:
        return (_as("contact", party.contact_id, party),)
    if party.company_id:
        return (_as("company", party.company_id, party),)
    return ()


def _as(kind: PartyKind, party_id: UUID, lead: Party) -> Party:
    company_id = lead.company_id if kind == "contact" else None
    return Party(kind, party_id, lead.hits, lead.country, company_id)


def _attached(person: Party) -> Match:
    if person.kind == "lead":
        return Match(lead_id=person.id, reasons=person.reasons)
    return Match(person.id, person.company_id, None, person.reasons)


def _contact_data(traits: Traits) -> frozenset[Key]:
    phones = (phone_key(phone, traits.country) for phone in traits.phones)
    return _keys("email", map(email_key, traits.emails)) | _keys("phone", phones)


def _full_name(traits: Traits) -> frozenset[Key]:
    """Answer the full name within each company name and mail domain; half a name is no key."""
    first, last = fold(without_titles(traits.first_name or "")), fold(traits.last_name or "")
    if not first or not last:
        return frozenset()
    companies = {company_key(name) for name in traits.company_names} - {""}
    domains = {mail_domain(address) for address in traits.emails} - {None}
    return _keys("name_company", (f"{first}/{last}/{name}" for name in companies)) | _keys(
        "name_domain", (f"{first}/{last}/{domain}" for domain in domains)
    )


def _keys(kind: str, keys: Iterable[str | None]) -> frozenset[Key]:
    return frozenset((kind, index_key(key)) for key in keys if key)
