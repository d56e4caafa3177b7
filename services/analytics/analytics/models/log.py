"""The log of everything every service said (ANA-001)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from analytics.models.base import Base


class LoggedEvent(Base):
    """One event, once. `place` counts arrivals, which happen one transaction after the other."""

    __tablename__ = "logged_event"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, Identity(always=True, cache=1))
    service: Mapped[str]
    topic: Mapped[str]
    aggregate_type: Mapped[str]
    aggregate_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    actor: Mapped[str | None]
    actor_kind: Mapped[str]
    correlation_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    source_seq: Mapped[int | None] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]]

    __table_args__ = (
        Index(None, "aggregate_id", "version"),
        Index(None, "place", postgresql_using="brin"),
    )


class Progress(Base):
    """How far the facts are: the time of the last event applied. One row."""

    __tablename__ = "progress"

    one: Mapped[bool] = mapped_column(CheckConstraint("one", name="one"), primary_key=True)
    data_through: Mapped[datetime | None]
