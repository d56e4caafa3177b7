"""What the ledger says."""

from uuid import UUID

from contracts.event import Event
from contracts.vocabulary import AuditEntryEvent


class AccountOpened(Event):
    """An account was opened."""

    topic = "ledger.account.opened"
    account_id: UUID
    name: str


class AmountBooked(Event):
    """An amount was booked on an account; nobody can digest one that is poison."""

    topic = "ledger.account.booked"
    account_id: UUID
    amount: int
    poison: bool = False


class AuditRecorded(AuditEntryEvent):
    """Something was changed in the ledger."""

    topic = "ledger.audit.recorded"


class BookingMirrored(Event):
    """The mirror took a booking over."""

    topic = "mirror.booking.mirrored"
    booking_id: UUID
    account_id: UUID
