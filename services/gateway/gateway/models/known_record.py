"""What the gateway knows of other services' records, kept by their events."""

from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base


class KnownRecord(Base):
    """A record of another service: whose it is and in which groups, and nothing of its content.

    `version` is that of the event it was last fed by, or stands for it; `active` is false for a
    dictionary's entry that is no longer offered, and for a deal or request that is closed.
    """

    __tablename__ = "known_record"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    department_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    active: Mapped[bool]
    deleted: Mapped[bool]
