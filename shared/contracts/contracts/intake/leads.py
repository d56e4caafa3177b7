"""What intake says about leads."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime

from contracts.event import Event
from contracts.vocabulary import PERSONAL, Changes, Part
from kernel.money import Money


class LeadCreated(Event):
    """A lead was added by hand, from a request, a form, an import or a booking."""

    topic = "intake.lead.created"

    lead_id: UUID
    crm_ref: UUID
    title: str
    email: Annotated[str | None, PERSONAL] = None
    company_name: str | None = None
    value: Money | None = None
    source_id: UUID | None = None
    status_id: UUID
    priority: int
    owner_id: UUID | None = None
    team_id: UUID | None = None
    department_id: UUID | None = None
    origin: str
    request_id: UUID | None = None


class LeadUpdated(Event):
    """Fields of a lead changed."""

    topic = "intake.lead.updated"

    lead_id: UUID
    changed: Annotated[Changes, PERSONAL]


class LeadAssigned(Event):
    """A lead got another owner or team; `nobody` says that no member could take it."""

    topic = "intake.lead.assigned"

    lead_id: UUID
    title: str
    old_owner_id: UUID | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    mode: str
    nobody: bool


class LeadStatusChanged(Event):
    """A lead moved to another status."""

    topic = "intake.lead.status_changed"

    lead_id: UUID
    old_id: UUID
    new_id: UUID
    is_final: bool
    qualified: bool
    disqualified: bool
    at: AwareDatetime


class LeadPromoted(Event):
    """A lead became a sales chance; deals makes the deal under `deal_id`, once."""

    topic = "intake.lead.promoted"

    lead_id: UUID
    deal_id: UUID
    crm_ref: UUID
    name: str
    pipeline_id: UUID
    stage_id: UUID
    amount: Money | None = None
    expected_close: date | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    source_id: UUID | None = None
    company_id: UUID | None = None
    contact_id: UUID | None = None


class NewDeal(Part):
    """The deal a conversion asks for, under the id it will have."""

    deal_id: UUID
    name: str
    amount: Money
    pipeline_id: UUID
    stage_id: UUID
    expected_close: date | None = None


class LeadConverted(Event):
    """A lead became a customer, with a deal if asked; its letters and tasks follow."""

    topic = "intake.lead.converted"

    lead_id: UUID
    crm_ref: UUID
    customer_id: UUID
    company_id: UUID | None = None
    contact_id: UUID | None = None
    customer_is_new: bool
    deal: NewDeal | None = None
    linked_deal_ids: tuple[UUID, ...]
    owner_id: UUID | None = None
    source_id: UUID | None = None
    carry_communications: bool
    converted_at: AwareDatetime


class LeadScored(Event):
    """The score of a lead changed; `parts` says what it is made of."""

    topic = "intake.lead.scored"

    lead_id: UUID
    score: int
    parts: dict[str, Any]


class LeadRemoval(Event):
    """Base of removing a lead and of bringing it back."""

    lead_id: UUID


class LeadDeleted(LeadRemoval):
    """A lead was removed; it can be brought back."""

    topic = "intake.lead.deleted"


class LeadRestored(LeadRemoval):
    """A removed lead is back."""

    topic = "intake.lead.restored"
