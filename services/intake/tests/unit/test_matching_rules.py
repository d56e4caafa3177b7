"""Who wrote (INT-023 to INT-027)."""

from typing import Any

import pytest

from intake.domain.matching import (
    Key,
    Match,
    Party,
    PartyKind,
    Traits,
    company_keys,
    decide,
    person_keys,
    wanted_keys,
)
from kernel.ids import uuid7

ANNA = Traits(
    "Anna", "Berg", ("anna@acme.example",), ("030 1234567",), ("Acme GmbH",), country="DE"
)
COMPANY = uuid7()


def shared(traits: Traits, known: Traits, kind: PartyKind) -> frozenset[Key]:
    keys = company_keys(known) if kind == "company" else person_keys(known)
    return wanted_keys(traits) & keys


def party(kind: PartyKind, known: Traits, traits: Traits = ANNA, **more: Any) -> Party:
    return Party(kind, uuid7(), shared(traits, known, kind), **more)


@pytest.mark.parametrize(
    ("known", "level"),
    [
        (Traits("X", "Y", ("ANNA@Acme.example",)), "email"),
        (Traits(phones=("+49 30 1234567",)), "phone"),
        (Traits("ANNA", "bérg", company_names=("acme",)), "name_company"),
        (Traits("Dr. Anna", "Berg", ("a.berg@acme.example",)), "name_domain"),
    ],
)
def test_a_contact_is_known_by_each_level(known: Traits, level: str) -> None:
    contact = party("contact", known, company_id=COMPANY)
    match = decide(ANNA, [contact])
    assert (match.contact_id, match.company_id, match.lead_id) == (contact.id, COMPANY, None)
    assert level in match.reasons


@pytest.mark.parametrize(
    "known",
    [
        Traits("Anna", None, company_names=("Acme",)),
        Traits(None, "Berg", company_names=("Acme",)),
        Traits("Anna", "Berg"),
        Traits("Anna", "Berg", company_names=("Other",)),
        Traits("Anna", "Berg", ("other@gmail.com",)),
        Traits("Anna", "Berg", ("anna@acme.example.org",)),
        Traits(phones=("1234567",)),
        Traits(emails=("anna@acme.exampl",)),
    ],
)
def test_a_first_name_a_part_of_an_address_or_a_public_domain_never_match(known: Traits) -> None:
    assert not shared(ANNA, known, "contact")


def test_two_people_at_one_public_domain_are_strangers_even_with_equal_names() -> None:
    one = Traits("Anna", "Berg", ("anna@gmail.com",))
    other = Traits("Anna", "Berg", ("anna.berg@gmail.com",))
    assert not wanted_keys(one) & person_keys(other)


def test_the_strongest_level_with_a_hit_decides() -> None:
    by_mail = party("contact", Traits(emails=ANNA.emails))
    by_phone = [party("contact", Traits(phones=ANNA.phones)) for _ in range(3)]
    assert decide(ANNA, [*by_phone, by_mail]).contact_id == by_mail.id
    lead_by_mail = party("lead", Traits(emails=ANNA.emails))
    assert decide(ANNA, [*by_phone, lead_by_mail]).lead_id == lead_by_mail.id


def test_a_contact_wins_over_a_lead_of_the_same_level() -> None:
    contact = party("contact", Traits(emails=ANNA.emails))
    lead = party("lead", Traits(emails=ANNA.emails))
    assert decide(ANNA, [lead, contact]) == Match(contact.id, reasons=("email",))


def test_several_of_one_level_are_candidates_and_nothing_is_attached() -> None:
    contacts = [party("contact", Traits(emails=ANNA.emails)) for _ in range(2)]
    company = party("company", Traits(company_names=("Acme",)))
    match = decide(ANNA, [*contacts, company])
    assert (match.found, set(match.candidates)) == (False, set(contacts))


def test_a_lead_is_never_attached_together_with_a_company() -> None:
    lead = party("lead", Traits(emails=ANNA.emails))
    company = party("company", Traits(company_names=("Acme",)))
    assert decide(ANNA, [lead, company]) == Match(lead_id=lead.id, reasons=("email",))


def test_a_contact_without_company_is_joined_by_the_one_that_matches() -> None:
    contact = party("contact", Traits(emails=ANNA.emails))
    company = party("company", Traits(company_names=("Acme",)))
    match = decide(ANNA, [contact, company])
    assert (match.contact_id, match.company_id) == (contact.id, company.id)
    assert match.reasons == ("company_name", "email")


def test_a_converted_lead_stands_for_what_it_became() -> None:
    contact_id = uuid7()
    mail = Traits(emails=ANNA.emails)
    to_contact = party("lead", mail, converted=True, contact_id=contact_id, company_id=COMPANY)
    assert decide(ANNA, [to_contact]).contact_id == contact_id
    assert decide(ANNA, [to_contact]).company_id == COMPANY
    to_company = party("lead", mail, converted=True, company_id=COMPANY)
    assert decide(ANNA, [to_company]) == Match(company_id=COMPANY, reasons=("email",))
    assert decide(ANNA, [party("lead", mail, converted=True)]) == Match()


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (Traits(emails=("Anna@acme.example",)), "email"),
        (Traits(phones=("+49301234567",)), "phone"),
        (Traits(company_names=("Other", "ACME")), "company_name"),
        (Traits(emails=("office@acme.example",)), "domain"),
        (Traits(website="https://www.acme.example"), "domain"),
    ],
)
def test_a_company_is_known_by_each_level(known: Traits, reason: str) -> None:
    company = party("company", known)
    match = decide(ANNA, [company])
    assert match.company_id == company.id
    assert reason in match.reasons


def test_companies_of_one_name_are_narrowed_by_country_and_then_by_web_site() -> None:
    acme = Traits(company_names=("Acme",))
    german, french = (party("company", acme, country=country) for country in ("DE", "FR"))
    anywhere = party("company", acme)
    assert decide(ANNA, [german, french]).company_id == german.id
    assert decide(ANNA, [french]) == Match()
    assert decide(ANNA, [german, anywhere]).company_id == german.id
    assert decide(ANNA, [anywhere]).company_id == anywhere.id
    twin = party("company", acme, country="DE")
    assert set(decide(ANNA, [german, twin]).candidates) == {german, twin}
    visitor = Traits(company_names=("Acme",), website="shop.acme.example", country="DE")
    named = party("company", acme, visitor, country="DE")
    online = party(
        "company", Traits(company_names=("Acme",), website="shop.acme.example"), visitor,
        country="DE",
    )  # fmt: skip
    assert decide(visitor, [named, online]).company_id == online.id


def test_a_public_mail_domain_finds_no_company() -> None:
    visitor = Traits("Bo", "Ek", ("bo@gmail.com",))
    assert not wanted_keys(visitor) & company_keys(Traits(emails=("office@gmail.com",)))
