"""What intake says about requests and about the gate in front of them."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime

from contracts.event import Event
from contracts.vocabulary import PERSONAL, Changes, Part
from kernel.money import Money


class Person(Part):
    """Who wrote a request, as far as it says so."""

    name: Annotated[str | None, PERSONAL] = None
    email: Annotated[str | None, PERSONAL] = None
    phone: Annotated[str | None, PERSONAL] = None
    company: str | None = None


class Geo(Part):
    """Where the sender's network address suggests a request came from."""

    country: str | None = None
    city: str | None = None


class RequestReceived(Event):
    """A request came in through a form, a letter, a call, an import or by hand."""

    topic = "intake.request.received"

    request_id: UUID
    ticket: str
    channel: str
    source_id: UUID | None = None
    subject: str
    person: Person
    country: str | None = None
    city: str | None = None
    geo: Geo | None = None
    state: str
    kind: str
    primary: bool
    owner_id: UUID | None = None
    department_id: UUID | None = None
    company_id: UUID | None = None
    contact_id: UUID | None = None
    lead_id: UUID | None = None
    product_ids: tuple[UUID, ...]
    received_at: AwareDatetime
    client_requests: int


class RequestRevision(Event):
    """Base of edits of a request: what changed, and its links afterwards."""

    request_id: UUID
    changed: Annotated[Changes, PERSONAL]
    owner_id: UUID | None = None
    company_id: UUID | None = None
    contact_id: UUID | None = None
    lead_id: UUID | None = None


class RequestUpdated(RequestRevision):
    """Fields or links of a request changed."""

    topic = "intake.request.updated"


class RequestAssigned(RequestRevision):
    """A request got another owner."""

    topic = "intake.request.assigned"


class RequestValidated(Event):
    """Somebody checked a pending request and found it genuine."""

    topic = "intake.request.validated"

    request_id: UUID
    owner_id: UUID
    at: AwareDatetime


class RequestVerdict(Event):
    """Base of decisions about a request; `original_id` is the request it repeats."""

    request_id: UUID
    state: str
    reason: str | None = None
    original_id: UUID | None = None


class RequestRejected(RequestVerdict):
    """A request was marked as irrelevant or as one nobody can fulfil."""

    topic = "intake.request.rejected"


class RequestMarkedDuplicate(RequestVerdict):
    """A request turned out to repeat an earlier one."""

    topic = "intake.request.marked_duplicate"


class RequestReopened(RequestVerdict):
    """A decided request is pending again."""

    topic = "intake.request.reopened"


class DealRequested(Event):
    """Somebody asked for a deal from a request; deals makes it under `deal_id`, once."""

    topic = "intake.request.deal_requested"

    request_id: UUID
    deal_id: UUID
    crm_ref: UUID
    ticket: str
    name: str
    description: str | None = None
    owner_id: UUID | None = None
    co_owner_id: UUID | None = None
    department_id: UUID | None = None
    company_id: UUID | None = None
    contact_id: UUID | None = None
    lead_id: UUID | None = None
    country: str | None = None
    city: str | None = None
    source_id: UUID | None = None
    product_ids: tuple[UUID, ...]
    pipeline_id: UUID | None = None
    stage_id: UUID | None = None
    amount: Money | None = None


class CaseEvent(Event):
    """Base of the states of a case, a request that asks for help instead of an offer."""

    request_id: UUID
    at: AwareDatetime


class CaseClosed(CaseEvent):
    """A case was settled."""

    topic = "intake.request.case_closed"


class CaseReopened(CaseEvent):
    """A settled case is open again."""

    topic = "intake.request.case_reopened"


class RequestRemoval(Event):
    """Base of removing a request and of bringing it back."""

    request_id: UUID
    ticket: str


class RequestDeleted(RequestRemoval):
    """A request was removed; it can be brought back."""

    topic = "intake.request.deleted"


class RequestRestored(RequestRemoval):
    """A removed request is back."""

    topic = "intake.request.restored"


class SubmissionEvent(Event):
    """Base of what the spam gate does; the address of the sender only as a hash."""

    submission_id: UUID
    rule_id: UUID | None = None
    rule_kind: str
    source_id: UUID | None = None
    ip_hash: str
    request_id: UUID | None = None


class SubmissionQuarantined(SubmissionEvent):
    """A spam rule kept a submission from becoming a request."""

    topic = "intake.submission.quarantined"


class SubmissionReleased(SubmissionEvent):
    """Somebody let a quarantined submission become a request."""

    topic = "intake.submission.released"
