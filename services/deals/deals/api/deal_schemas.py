"""Bodies of deals."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AliasChoices, Field

from chassis.http.schemas import Day, Flag, Input, Output, Whole
from deals.api.fields import Named, Percent, Plain, unsent
from deals.domain.outcome import Why
from kernel.money import Money, NonNegativeMoney
from kernel.text import Line, Paragraphs

Status = Literal["open", "won", "lost"]
Name = Annotated[str, Line(250)]
Description = Annotated[str, Paragraphs(10_000)]
NextStep = Annotated[str, Line(250)]
Place = Annotated[str, Line(100)]
Note = Annotated[str, Paragraphs(1000)]
Priority = Annotated[Whole, Field(ge=0, le=4)]

NAMES = AliasChoices("name", "title")
AMOUNTS = AliasChoices("amount", "value", "expected_revenue")
OWNERS = AliasChoices("owner_id", "owner", "assigned_to")
REASONS = AliasChoices("closing_reason", "reason", "reason_id")


class DealFields(Input):
    """Fields a deal may be made with and changed in; left out, they stay or are empty."""

    description: Description | None = None
    amount: NonNegativeMoney = unsent(AMOUNTS)
    probability: Percent = unsent()
    expected_close: Day | None = None
    owner_id: UUID | None = Field(default=None, validation_alias=OWNERS)
    co_owner_id: UUID | None = None
    team_id: UUID | None = None
    department_id: UUID | None = None
    company_id: UUID | None = None
    contact_id: UUID | None = None
    customer_id: UUID | None = None
    partner_id: UUID | None = None
    lead_id: UUID | None = None
    request_id: UUID | None = None
    source_id: UUID | None = None
    priority: Priority = unsent()
    important: Flag = unsent()
    next_step: NextStep | None = None
    next_step_date: Day | None = None
    remind_me: Flag = unsent()
    country: Place | None = None
    city: Place | None = None

    def columns(self) -> dict[str, Any]:
        """Answer what was sent, by column."""
        values = self.given()
        if "amount" in values:
            money: Money = values["amount"]
            values |= {"amount": money.amount, "currency": money.currency}
        return values


class DealIn(DealFields):
    """A new deal. Without pipeline and stage it starts where new deals of its department start."""

    name: Name = Field(validation_alias=NAMES)
    pipeline_id: UUID = unsent()
    stage_id: UUID = unsent()
    crm_ref: UUID = unsent()
    code: Annotated[str, Line(20)] = unsent()


class DealPatch(DealFields):
    """Changes of a deal. A closing reason closes it, clearing the reason reopens it."""

    name: Name = unsent(NAMES)
    pipeline_id: UUID = unsent()
    stage_id: UUID = unsent()
    reason_id: UUID | None = Field(default=None, validation_alias=REASONS)
    note: Note | None = None


class WhyIn(Input):
    """Why a deal is closed, in words or by a reason of the list."""

    reason_id: UUID | None = Field(default=None, validation_alias=REASONS)
    note: Note | None = None

    def why(self) -> Why:
        """Answer the reason as the outcome knows it."""
        return Why(self.reason_id, self.note)


class MoveIn(WhyIn):
    """Where a deal goes, and why, should that close it."""

    stage_id: UUID


class CloseIn(WhyIn):
    """Why a deal is closed."""


class ReopenIn(Input):
    """Where a deal goes on; left out, the stage before it was closed."""

    stage_id: UUID = unsent()


class StageRef(Output):
    """A stage, its colour, and its place among the active ones."""

    id: UUID
    name: str
    colour: str | None


class StagePlace(StageRef):
    """A stage with its place among the active stages of its pipeline."""

    place: int
    of: int


class CompanyRef(Named):
    """The company of a deal."""

    email: str | None
    phone: str | None
    website: str | None
    country: str | None
    city: str | None


class PersonRef(Named):
    """A contact of a deal."""

    emails: list[str]
    phones: list[str]


class CustomerRef(Named):
    """The customer of a deal; `discount` in percent is what to propose for its lines."""

    code: str
    email: str | None
    discount: Plain
    is_blacklisted: bool


class LeadRef(Named):
    """The lead a deal came from."""

    email: str | None
    company_name: str | None


class RequestRef(Output):
    """The request a deal came from."""

    id: UUID
    subject: str
    date: datetime | None
    channel: str | None
    description: str | None


class Client(Output):
    """How to reach the client of a deal; `phone_digits` fits into messenger links."""

    name: str | None
    email: str | None
    phone: str | None
    phone_digits: str | None
    website: str | None
    company_id: UUID | None


class Author(Output):
    """Who did something: a user by id and name, or a rule by its name."""

    actor: str
    name: str | None


class StageEntryOut(Output):
    """A stage a deal entered."""

    stage: Named
    entered_at: datetime
    author: Author
    way: str
    days_in_previous: Plain


class PaymentSums(Output):
    """What came in, and what is to come; incomplete while the rate of a payment is missing."""

    paid: Money
    expected: Money
    overpaid: Money
    missing_rates: list[str]
    incomplete: bool


class DealOut(Output):
    """A deal with everything its page shows."""

    id: UUID
    version: int
    code: str
    crm_ref: UUID
    ticket: str
    name: str
    description: str | None
    amount: Money
    probability: int
    probability_is_manual: bool
    expected_close: Day | None
    status: Status
    closed_on: Day | None
    won_at: datetime | None
    lost_at: datetime | None
    closing_reason: Named | None
    note: str | None
    pipeline: Named
    stage: StagePlace
    stage_entered_at: datetime
    stage_history: list[StageEntryOut]
    client: Client
    company: CompanyRef | None
    contact: PersonRef | None
    customer: CustomerRef | None
    partner: PersonRef | None
    lead: LeadRef | None
    request: RequestRef | None
    source_id: UUID | None
    owner: Named | None
    co_owner: Named | None
    team: Named | None
    department: Named | None
    priority: int
    important: bool
    next_step: str | None
    next_step_date: Day | None
    remind_me: bool
    country: str | None
    city: str | None
    payments: PaymentSums
    created_at: datetime
    created_by: Author
    updated_at: datetime
    updated_by: Author


class DealItem(Output):
    """A deal as lists show it."""

    id: UUID
    version: int
    code: str
    name: str
    status: Status
    amount: Money
    probability: int
    pipeline: Named
    stage: StageRef
    company: Named | None
    customer: Named | None
    contact: Named | None
    owner: Named | None
    expected_close: Day | None
    closed_on: Day | None
    next_step: str | None
    next_step_date: Day | None
    priority: int
    important: bool
    created_at: datetime


class TotalsOut(Output):
    """How many deals a filter finds and what they come to in the reporting currency."""

    number: int
    amount: Money
    weighted: Money
    missing_rates: list[str]
