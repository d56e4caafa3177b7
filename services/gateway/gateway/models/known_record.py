"""What the gateway knows of other services' records, kept by their events."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base


class KnownRecord(Base):
    """A record of another service: of which department and team it is, and nothing of its content.

    `version` is that of the event it was last fed by; `active` is false for a dictionary's entry
    that is no longer offered.
    """

    __tablename__ = "known_record"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    department_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    active: Mapped[bool]
    deleted: Mapped[bool]
