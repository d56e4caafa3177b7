"""What deals says about a deal itself."""

import datetime as dt
from uuid import UUID

from pydantic import AwareDatetime

from contracts.event import Event
from contracts.vocabulary import Changes, Number
from kernel.money import Money


class DealCreated(Event):
    """A deal was made: by hand, from a request, from a lead or by an import.

    `created_on` and `created_at` are historical: the day in the company's zone and the instant that
    an import gave (GAT-013). Without them the deal is as old as the event.
    """

    topic = "deals.deal.created"

    deal_id: UUID
    code: str
    crm_ref: UUID
    name: str
    ticket: str
    pipeline_id: UUID
    stage_id: UUID
    amount: Money
    probability: int
    expected_close: dt.date | None = None
    status: str
    owner_id: UUID | None = None
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
    country: str | None = None
    city: str | None = None
    tags: tuple[str, ...]
    created_on: dt.date | None = None
    created_at: AwareDatetime | None = None


class DealUpdated(Event):
    """Fields of a deal changed."""

    topic = "deals.deal.updated"

    deal_id: UUID
    changed: Changes


class DealAssigned(Event):
    """A deal got another owner, co-owner or team."""

    topic = "deals.deal.assigned"

    deal_id: UUID
    old_owner_id: UUID | None = None
    owner_id: UUID | None = None
    co_owner_id: UUID | None = None
    team_id: UUID | None = None


class DealStageChanged(Event):
    """A deal moved to another stage."""

    topic = "deals.deal.stage_changed"

    deal_id: UUID
    pipeline_id: UUID
    from_id: UUID | None = None
    to_id: UUID
    probability: int
    at: AwareDatetime
    days_in_previous: Number
    way: str


class DealWon(Event):
    """A deal was closed as won."""

    topic = "deals.deal.won"

    deal_id: UUID
    name: str
    amount: Money
    closed_on: dt.date
    won_at: AwareDatetime
    reason_id: UUID | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    department_id: UUID | None = None
    company_id: UUID | None = None
    contact_id: UUID | None = None
    lead_id: UUID | None = None
    customer_id: UUID | None = None
    customer_is_new: bool
    cycle_days: int
    pipeline_id: UUID | None = None
    stage_id: UUID | None = None


class DealLost(Event):
    """A deal was closed as lost."""

    topic = "deals.deal.lost"

    deal_id: UUID
    amount: Money
    closed_on: dt.date
    reason_id: UUID | None = None
    note: str | None = None
    stage_before_id: UUID
    irrelevant: bool
    auto: bool
    lead_id: UUID | None = None
    department_id: UUID | None = None
    pipeline_id: UUID | None = None
    stage_id: UUID | None = None


class DealReopened(Event):
    """A closed deal is open again."""

    topic = "deals.deal.reopened"

    deal_id: UUID
    stage_id: UUID
    previous: str
    at: AwareDatetime


class DealNextStepSet(Event):
    """The next step of a deal, its date or the wish to be reminded changed."""

    topic = "deals.deal.next_step_set"

    deal_id: UUID
    text: str
    date: dt.date | None = None
    remind: bool
    owner_id: UUID | None = None


class DealRemoval(Event):
    """Base of removing a deal and of bringing it back."""

    deal_id: UUID


class DealDeleted(DealRemoval):
    """A deal was removed; it can be brought back."""

    topic = "deals.deal.deleted"


class DealRestored(DealRemoval):
    """A removed deal is back."""

    topic = "deals.deal.restored"


class DealPaidInFull(Event):
    """The received payments of a deal reached its amount."""

    topic = "deals.deal.paid_in_full"

    deal_id: UUID
    paid: Money
    amount: Money
