"""The statuses a lead goes through."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from intake.models.base import Base, live_index


class LeadStatus(Base, Record):
    """A status and column of the board; system statuses are known by their `code`."""

    __tablename__ = "lead_status"
    __table_args__ = (
        live_index("lead_status", "name_key", unique=True),
        Index(
            "ix_lead_status_is_default",
            "is_default",
            unique=True,
            postgresql_where=text("is_default and deleted_at is null"),
        ),
    )

    code: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    name_key: Mapped[str]
    colour: Mapped[str]
    is_default: Mapped[bool] = mapped_column(default=False)
    is_final: Mapped[bool] = mapped_column(default=False)
    qualified: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int]
