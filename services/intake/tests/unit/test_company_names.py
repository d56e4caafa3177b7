"""Company names, mail domains and web sites (INT-024, INT-025; bad-input list lines 28 to 30)."""

import unicodedata

import pytest

from intake.domain.company_names import company_key, mail_domain, web_host
from intake.domain.index_keys import LONGEST
from intake.domain.web_addresses import host_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme GmbH", "ACME"),
        ("Acme G.m.b.H.", "acme gmbh"),
        ("Acme GmbH & Co. KG", "Acme"),
        ("Müller & Söhne AG", "muller sohne"),
        ("Café Noir S.A.", unicodedata.normalize("NFD", "CAFÉ NOIR")),
        ("ООО Ромашка", "Ромашка"),  # noqa: RUF001 - a legal form in Cyrillic
        ("Polska Firma Sp. z o.o.", "polska firma"),
        ("AT&T, Inc.", "at t"),
        ("3M Company", "3 M"),
        ("Łódź Sp. z o. o.", "Lodz"),
    ],
)
def test_case_accents_and_legal_forms_do_not_count(one: str, other: str) -> None:
    assert company_key(one) == company_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Acme", "Acme Labs"), ("Zoo", "Z"), ("Limited", "Ltd"), ("AG", "GmbH")]
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert company_key(one) != company_key(other)


def test_a_name_without_letters_and_digits_has_no_key_and_a_long_one_a_short_key() -> None:
    assert company_key("!!!") == company_key(None) == ""
    assert len(company_key("ﷺ" * 255)) <= LONGEST


def test_public_mail_domains_say_nothing_about_a_company() -> None:
    assert mail_domain("Anna@Acme.Example") == "acme.example"
    assert mail_domain("anna@GMAIL.com") is None
    assert mail_domain("anna@bücher.example") == "xn--bcher-kva.example"
    assert mail_domain(None) is None


@pytest.mark.parametrize(
    ("website", "host"),
    [
        ("www.acme.example", "acme.example"),
        ("https://www.acme.example/pumps?x=1", "acme.example"),
        ("http://shop.acme.example:8080", "shop.acme.example"),
        ("acme", None),
        ("javascript:alert(1)", None),
        ("ftp://acme.example", None),
        ("http://[::1", None),
        ("two words.example", None),
        ("//", None),
    ],
)
def test_a_web_site_is_known_by_its_host(website: str, host: str | None) -> None:
    assert host_of(website) == host
    assert web_host(website) == host


def test_a_site_of_a_mail_provider_identifies_nobody() -> None:
    assert web_host("https://www.gmail.com") is None
