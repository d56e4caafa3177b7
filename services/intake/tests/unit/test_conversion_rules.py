"""The conversion form (INT-115 to INT-118)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from intake.domain.conversion import Form, Known, mistakes, overridden, prefilled
from intake.domain.preferences import overlaid
from kernel.ids import uuid7
from kernel.money import Money

KNOWN = Known("Pumps", "Anna Berg", "anna@acme.example", "030 1234567", "Acme", None)


@pytest.mark.parametrize(
    ("known", "name"),
    [
        (KNOWN, "Anna Berg"),
        (replace(KNOWN, contact_name=None), "Acme"),
        (replace(KNOWN, contact_name=None, company_name=None), "Pumps"),
    ],
)
def test_the_customer_is_named_after_the_person_else_the_company_else_the_title(
    known: Known, name: str
) -> None:
    form = prefilled(known)
    assert form.customer_name == name
    assert mistakes(form, one_click=True) == ()


def test_every_missing_field_is_named_at_once() -> None:
    value = Money(amount=Decimal(5), currency="EUR")
    for form, fields in (
        (Form(), {"/customer_name", "/company_option"}),
        (Form("A", company_option="existing"), {"/company_id"}),
        (Form("A", company_option="new"), {"/company_name"}),
        (
            Form("A", company_option="none", create_deal=True),
            {"/deal_title", "/deal_value", "/pipeline_id"},
        ),
        (
            Form(
                "A", company_option="none", create_deal=True, deal_title="D", deal_value=value,
                pipeline_id=uuid7(),
            ),
            set(),
        ),
    ):  # fmt: skip
        assert {error.field for error in mistakes(form, one_click=False)} == fields


def test_naming_a_company_chooses_it() -> None:
    company_id = uuid7()
    form = overridden(prefilled(KNOWN), {"company_id": company_id})
    assert (form.company_option, form.company_id) == ("existing", company_id)


def test_stored_settings_overlay_the_shipped_ones() -> None:
    preferences = overlaid(
        [("requests.spawn_lead_on", "validation"), ("customers.default_credit_limit", "250.5")]
    )
    assert preferences.requests_spawn_lead_on == "validation"
    assert preferences.customers_default_credit_limit == Decimal("250.5")
    assert preferences.customers_default_terms == "cod"
