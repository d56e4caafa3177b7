"""Bodies of requests."""

from collections import Counter
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from chassis.http.schemas import Flag, Input, Output
from intake.api.answers import answer
from intake.api.fields import (
    AsPhone,
    Assignment,
    AsWebsite,
    Country,
    FirstName,
    Name100,
)
from intake.api.records import CandidateOut, OwnedOut
from intake.domain.requests import Channel, Kind, State
from kernel.money import NonNegativeMoney
from kernel.text import Email, Line, Paragraphs

Subject = Annotated[str, Line(250)]
Text = Annotated[str, Paragraphs(10_000)]
CLIENT_OF_OTHER = "client_of_other_owner"


class RequestPatch(Assignment):
    """The fields of a request that can be changed."""

    subject: Subject = ""
    kind: Kind = "commercial"
    first_name: FirstName | None = None
    middle_name: Name100 | None = None
    last_name: Name100 | None = None
    email: Email | None = None
    phone: Annotated[str, Line(200), AsPhone] | None = None
    website: Annotated[str, Line(255), AsWebsite] | None = None
    company_name: Annotated[str, Line(200)] | None = None
    country: Country | None = None
    city: Name100 | None = None
    description: Text | None = None
    translation: Text | None = None
    remark: Text | None = None
    product_ids: Annotated[list[UUID], Field(max_length=50, default_factory=list)]
    source_id: UUID | None = None
    team_id: UUID | None = None
    company_id: UUID | None = None
    contact_id: UUID | None = None
    lead_id: UUID | None = None
    subsequent: Flag = False


class RequestIn(RequestPatch):
    """A request a user enters."""

    subject: Subject


class Rejection(Input):
    """Why a request is of no use."""

    state: Literal["irrelevant", "unfulfillable"]
    reason: Annotated[str, Line(500)] | None = None


class Repetition(Input):
    """The request that a duplicate repeats."""

    original_id: UUID | None = None


class DealWish(Input):
    """Where the deal of a request shall stand, and what it may be worth."""

    pipeline_id: UUID | None = None
    stage_id: UUID | None = None
    amount: NonNegativeMoney | None = None


class DealPromise(Output):
    """The id of the deal that is being made, and the request's version."""

    deal_id: UUID
    request_id: UUID
    version: int


class RequestOut(OwnedOut):
    """A request; `client_requests` counts what came from the same client."""

    ticket: str
    channel: Channel
    kind: Kind
    state: State
    state_reason: str | None
    original_id: UUID | None
    subject: str
    first_name: str | None
    middle_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    website: str | None
    company_name: str | None
    country: str | None
    city: str | None
    description: str | None
    translation: str | None
    remark: str | None
    product_ids: list[UUID]
    source_id: UUID | None
    source_name: str | None
    team_id: UUID | None
    received_at: datetime
    receipt_date: date
    company_id: UUID | None
    contact_id: UUID | None
    lead_id: UUID | None
    former_lead_id: UUID | None
    deal_id: UUID | None
    subsequent: bool
    verification_required: bool
    match_reasons: list[str]
    candidates: list[CandidateOut]
    client_requests: int
    warnings: list[str]


def request_out(
    row: Any, counts: Counter[UUID | None], candidates: list[dict[str, Any]] | None = None
) -> RequestOut:
    """Build the answer of a row of `visible_requests`; a list leaves the candidates' names out."""
    request = row[0]
    received = counts[request.client_id]
    shown = candidates or [{**candidate, "name": None} for candidate in request.candidates]
    other = row.client_owner_id not in (None, request.owner_id)
    warnings = [CLIENT_OF_OTHER] if other else []
    return answer(RequestOut, row, candidates=shown, warnings=warnings, client_requests=received)
