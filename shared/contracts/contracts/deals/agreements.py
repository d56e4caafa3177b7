"""What deals says about contracts, quotes and quality signals."""

from datetime import date
from uuid import UUID

from contracts.event import Event
from kernel.money import Money


class ContractEvent(Event):
    """Base of a contract's life; `days_left` to its end."""

    contract_id: UUID
    code: str
    title: str
    customer_id: UUID
    deal_id: UUID | None = None
    value: Money | None = None
    start: date
    end: date
    days_left: int | None = None
    renewed_by: UUID | None = None
    owner_id: UUID


class ContractCreated(ContractEvent):
    """A contract was drawn up."""

    topic = "deals.contract.created"


class ContractActivated(ContractEvent):
    """A contract came into force."""

    topic = "deals.contract.activated"


class ContractSigned(ContractEvent):
    """A contract was signed."""

    topic = "deals.contract.signed"


class ContractExpiryAnnounced(ContractEvent):
    """A contract ends soon; said once for each end date."""

    topic = "deals.contract.expiry_announced"


class ContractExpired(ContractEvent):
    """A contract reached its end."""

    topic = "deals.contract.expired"


class ContractRenewed(ContractEvent):
    """A contract was followed by a new one."""

    topic = "deals.contract.renewed"


class ContractCancelled(ContractEvent):
    """A contract was ended before its time."""

    topic = "deals.contract.cancelled"


class OfferEvent(Event):
    """Base of quotes and quality signals; `weight` belongs to a signal."""

    id: UUID
    deal_id: UUID
    state: str | None = None
    total: Money | None = None
    weight: int | None = None


class QuoteChanged(OfferEvent):
    """A quote was made, sent, answered or removed."""

    topic = "deals.quote.changed"
    key = "id"


class SignalChanged(OfferEvent):
    """A remark about the quality of a deal was added, changed or removed."""

    topic = "deals.signal.changed"
    key = "id"
