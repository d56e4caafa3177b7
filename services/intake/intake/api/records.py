"""What the answers of intake's records have in common."""

from datetime import datetime
from uuid import UUID

from chassis.http.schemas import Output


class RecordOut(Output):
    """Identity, version and stamps."""

    id: UUID
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class OwnedOut(RecordOut):
    """A record somebody has; the name is null for a user that is not known yet."""

    owner_id: UUID | None
    owner_name: str | None
    co_owner_id: UUID | None
    department_id: UUID | None


class AddressOut(Output):
    """A postal address."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class CandidateOut(Output):
    """A record that may be the same; `name` is null where the caller may not see it."""

    kind: str
    id: UUID
    reasons: list[str]
    name: str | None
