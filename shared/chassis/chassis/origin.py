"""Who did it, how, and because of what: carried from the edge into every event and audit entry."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from opentelemetry.propagate import inject

from contracts.event import ActorKind, Envelope
from kernel.ids import uuid7

Way = Literal["web", "api", "import", "job", "event"]


@dataclass(frozen=True)
class Origin:
    """The cause of a transaction. `actor` is a user's id, or the name of a rule or service."""

    actor: str
    actor_kind: ActorKind
    way: Way
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None

    @property
    def user_id(self) -> UUID | None:
        """Answer the acting user, if one acts."""
        return UUID(self.actor) if self.actor_kind == "user" else None


def by_system(name: str, way: Way = "job") -> Origin:
    """Make the origin of work nobody asked for: a schedule, a start-up step."""
    return Origin(name, "system", way, uuid7(), traceparent=current_traceparent())


def because_of(envelope: Envelope, service: str) -> Origin:
    """Make the origin of what a service does on hearing an event."""
    return Origin(
        actor=f"svc:{service}",
        actor_kind="event",
        way="event",
        correlation_id=envelope.correlationid or envelope.id,
        causation_id=envelope.id,
        traceparent=current_traceparent() or envelope.traceparent,
    )


def current_traceparent() -> str | None:
    """Answer the W3C trace context of the active span, if one is recorded."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get("traceparent")
