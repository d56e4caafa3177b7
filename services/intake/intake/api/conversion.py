"""The conversion of leads."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.auth import Caller
from chassis.http.schemas import Day, Flag, Output
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from intake.api.callers import LeadConverter
from intake.api.customer_schemas import TermsIn
from intake.api.fields import Phone
from intake.api.records import CandidateOut
from intake.commands.conversion import convert_lead, known_of, lock_around_lead
from intake.commands.conversion_choice import find_matches, listed, traits_of
from intake.domain.conversion import CompanyOption, prefilled
from intake.models import Customer
from intake.queries.candidates import name_candidates
from intake.queries.directory import is_visible
from intake.queries.leads import get_lead_row, lock_lead
from kernel.money import Money, NonNegativeMoney
from kernel.text import Email, Line

router = APIRouter(prefix="/leads", tags=["leads"], route_class=Route)


class ConversionIn(TermsIn):
    """The filled-in form; with mode `auto` only what differs from the pre-filled one."""

    mode: Literal["auto", "form"] = "form"
    customer_name: Annotated[str, Line(255)] | None = None
    email: Email | None = None
    phone: Phone | None = None
    company_option: CompanyOption | None = None
    company_id: UUID | None = None
    company_name: Annotated[str, Line(255)] | None = None
    contact_id: UUID | None = None
    create_deal: Flag = False
    deal_title: Annotated[str, Line(255)] | None = None
    deal_value: NonNegativeMoney | None = None
    pipeline_id: UUID | None = None
    stage_id: UUID | None = None
    expected_close: Day | None = None
    allow_duplicate: Flag = False

    def form(self) -> dict[str, Any]:
        """Answer what was sent, the customer's terms apart."""
        given = self.given()
        given.pop("mode", None)
        terms = {name: given.pop(name) for name in TermsIn.model_fields if name in given}
        return {**given, "terms": terms} if terms else given


class ConversionOut(Output):
    """What a lead became."""

    lead_id: UUID
    version: int
    customer_id: UUID
    company_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    converted_at: datetime


class CustomerMatch(Output):
    """The customer that a conversion would update; without name if the caller may not see it."""

    id: UUID
    name: str | None


class ConversionForm(Output):
    """The pre-filled form, and the records the lead may already be."""

    customer_name: str
    email: str | None
    phone: str | None
    company_option: CompanyOption
    company_id: UUID | None
    company_name: str | None
    deal_title: str
    deal_value: Money | None
    companies: list[CandidateOut]
    contacts: list[CandidateOut]
    customer: CustomerMatch | None


@router.get("/{lead_id}/conversion")
async def read_conversion(
    lead_id: UUID, session: ReadSession, caller: LeadConverter
) -> ConversionForm:
    """Answer the form to convert a lead with, pre-filled."""
    lead = (await get_lead_row(session, lead_id, caller))[0]
    form = prefilled(known_of(lead))
    matches = await find_matches(session, traits_of(lead, form), form.email)
    known = matches.companies[0].id if len(matches.companies) == 1 else None
    option = "existing" if known else "new" if form.company_name else "none"
    return ConversionForm.model_validate(
        {
            **vars(form),
            "company_option": option,
            "company_id": known,
            "companies": await name_candidates(session, listed(matches.companies), caller),
            "contacts": await name_candidates(session, listed(matches.contacts), caller),
            "customer": await _customer(session, matches.customer, caller),
        }
    )


@router.post("/{lead_id}/convert")
async def convert(
    *,
    lead_id: UUID,
    body: ConversionIn,
    response: Response,
    session: WriteSession,
    caller: LeadConverter,
    if_match: IfMatch,
) -> ConversionOut:
    """Make a customer of a lead, by the form or with one click."""
    form = body.form()
    await lock_around_lead(session, lead_id, form)
    lead = await lock_lead(session, lead_id, caller)
    expect_version(lead.version, if_match)
    await convert_lead(session, lead, caller, form, one_click=body.mode == "auto")
    tag(response, lead.version)
    return ConversionOut.model_validate({**vars(lead), "lead_id": lead.id})


async def _customer(
    session: ReadSession, customer: Customer | None, caller: Caller
) -> CustomerMatch | None:
    if customer is None:
        return None
    seen = await is_visible(session, Customer, customer.id, caller)
    return CustomerMatch(id=customer.id, name=customer.name if seen else None)
