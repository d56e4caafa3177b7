"""The form by which a lead becomes a customer, its pre-filling and its checks (INT-115)."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal
from uuid import UUID

from kernel.errors import FieldError
from kernel.money import Money

CompanyOption = Literal["none", "existing", "new"]


@dataclass(frozen=True)
class Form:
    """What somebody, or the one-click conversion, wants a lead to become.

    Without `company_option` the company is whichever fits, else a new one. `contact_id` and
    `company_id` name existing records; `allow_duplicate` makes new ones although equal ones exist.
    `terms` are the customer's, as far as they differ from the defaults.
    """

    customer_name: str | None = None
    email: str | None = None
    phone: str | None = None
    company_option: CompanyOption | None = None
    company_id: UUID | None = None
    company_name: str | None = None
    contact_id: UUID | None = None
    create_deal: bool = False
    deal_title: str | None = None
    deal_value: Money | None = None
    pipeline_id: UUID | None = None
    stage_id: UUID | None = None
    expected_close: date | None = None
    allow_duplicate: bool = False
    terms: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What a lead offers for the form."""

    title: str
    contact_name: str | None
    email: str | None
    phone: str | None
    company_name: str | None
    value: Money | None


def prefilled(known: Known) -> Form:
    """Answer the form as it is shown first: no deal, the company left open."""
    return Form(
        customer_name=known.contact_name or known.company_name or known.title,
        email=known.email,
        phone=known.phone,
        company_name=known.company_name,
        deal_title=known.title,
        deal_value=known.value,
    )


def overridden(form: Form, given: dict[str, Any]) -> Form:
    """Answer the pre-filled form with what somebody chose, a company's id choosing its option."""
    if given.get("company_id") and "company_option" not in given:
        given = {**given, "company_option": "existing"}
    return replace(form, **given)


def mistakes(form: Form, *, one_click: bool) -> tuple[FieldError, ...]:
    """Answer one error per field that is missing (INT-116); one click leaves the company open."""
    needed: dict[str, object] = {"customer_name": form.customer_name}
    if not one_click:
        needed["company_option"] = form.company_option
    if form.company_option == "existing":
        needed["company_id"] = form.company_id
    if form.company_option == "new":
        needed["company_name"] = form.company_name
    if form.create_deal:
        needed["deal_title"] = form.deal_title
        needed["deal_value"] = form.deal_value
        needed["pipeline_id"] = form.pipeline_id
    return tuple(
        FieldError(f"/{name}", "missing", "is required")
        for name, value in needed.items()
        if value is None
    )
