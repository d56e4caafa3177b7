"""Who sees what: departments."""

from uuid import UUID

from sqlalchemy.orm import Mapped

from chassis.database import Record
from gateway.models.base import Base


class Department(Record, Base):
    """A part of the company; its records are visible inside it."""

    __tablename__ = "department"

    name: Mapped[str]
    name_key: Mapped[str]
    head_id: Mapped[UUID | None]
    parent_id: Mapped[UUID | None]
    country: Mapped[str | None]
    currency: Mapped[str | None]
    works_globally: Mapped[bool]
    lead_source_id: Mapped[UUID | None]
    """A lead source of the service intake."""
    active: Mapped[bool]
