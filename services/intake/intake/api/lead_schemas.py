"""Bodies of leads."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from chassis.http.schemas import Day, Flag, Output, Whole
from intake.api.answers import answer
from intake.api.fields import (
    NOTHING,
    Address,
    AsFirstName,
    Assignment,
    Emails,
    Name100,
    Phone,
    Phones,
    Website,
)
from intake.api.records import AddressOut, OwnedOut
from intake.events.leads import value_of
from intake.models import DealReplica, Request
from kernel.money import Money, NonNegativeMoney
from kernel.text import Email, Line, Paragraphs

Title = Annotated[str, Line(255)]
Text = Annotated[str, Paragraphs(10_000)]


class LeadPatch(Assignment, Address):
    """The fields of a lead that can be changed."""

    title: Title = ""
    description: Text | None = None
    contact_name: Annotated[str, Line(200), AsFirstName] | None = None
    contact_email: Annotated[Email, Field(max_length=200)] | None = None
    emails: Emails = Field(default_factory=list)
    contact_phone: Phone | None = None
    mobile: Phone | None = None
    phones: Phones = Field(default_factory=list)
    company_name: Annotated[str, Line(255)] | None = None
    job_title: Annotated[str, Line(255)] | None = None
    website: Website | None = None
    industries: Annotated[list[Name100], Field(max_length=20, default_factory=list)]
    client_type: Name100 | None = None
    value: NonNegativeMoney | None = None
    source_id: UUID | None = None
    status_id: UUID = NOTHING
    priority: Annotated[Whole, Field(ge=0, le=4)] = 0
    team_id: UUID | None = None
    notes: Text | None = None
    birth_date: Day | None = None
    do_not_email: Flag = False

    def columns(self) -> dict[str, Any]:
        """Answer what was sent, by column."""
        return _by_column(self.given())


class LeadIn(LeadPatch):
    """A lead a user adds, or what shall be left of one that is replaced."""

    title: Title

    def whole(self) -> dict[str, Any]:
        """Answer every column, empty where nothing was sent.

        The status is not among them then, for a setting says its default; nor is the department,
        which follows the owner.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields}
        for name in {"status_id", "department_id"} - self.model_fields_set:
            del values[name]
        return _by_column(values)


def _by_column(values: dict[str, Any]) -> dict[str, Any]:
    if "value" in values:
        value: Money | None = values.pop("value")
        values["value_amount"] = value.amount if value else None
        values["value_currency"] = value.currency if value else None
    return values


class StatusOut(Output):
    """A status as a lead shows it."""

    id: UUID
    code: str | None
    name: str
    colour: str
    is_final: bool
    qualified: bool


class LeadRow(OwnedOut, AddressOut):
    """A lead as lists show it."""

    title: str
    description: str | None
    contact_name: str | None
    contact_email: str | None
    emails: list[str]
    contact_phone: str | None
    phone_e164: str | None
    mobile: str | None
    phones: list[str]
    company_name: str | None
    job_title: str | None
    website: str | None
    industries: list[str]
    client_type: str | None
    value: Money | None
    status: StatusOut
    source_id: UUID | None
    source_name: str | None
    priority: int
    team_id: UUID | None
    notes: str | None
    birth_date: date | None
    do_not_email: bool
    was_in_touch: date | None
    origin: str
    crm_ref: UUID
    date_qualified: datetime | None
    date_lost: datetime | None
    converted_at: datetime | None
    customer_id: UUID | None
    company_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    client_requests: int


class LeadRequest(Output):
    """A request as its lead shows it."""

    id: UUID
    ticket: str
    subject: str
    state: str
    received_at: datetime


class LeadDeal(Output):
    """A deal as its lead shows it."""

    id: UUID
    name: str
    status: str


class LeadOut(LeadRow):
    """A lead with its requests and deals."""

    requests: list[LeadRequest]
    deals: list[LeadDeal]


def lead_row(row: Any) -> LeadRow:
    """Build the answer of a row of `visible_leads`."""
    return answer(LeadRow, row, **_shown(row))


def lead_out(row: Any, requests: list[Request], deals: list[DealReplica]) -> LeadOut:
    """Build the answer of one lead."""
    return answer(
        LeadOut,
        row,
        **_shown(row),
        requests=[LeadRequest.model_validate(request) for request in requests],
        deals=[LeadDeal.model_validate(deal) for deal in deals],
    )


def _shown(row: Any) -> dict[str, Any]:
    lead, status = row[0], row[1]
    return {
        "value": value_of(lead),
        "status": StatusOut.model_validate(status),
        "crm_ref": lead.id,
    }
