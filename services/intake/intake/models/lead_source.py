"""Where leads and requests come from."""

from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from intake.models.base import Base


class LeadSource(Base, Record):
    """A source; without department it belongs to all of them."""

    __tablename__ = "lead_source"
    __table_args__ = (
        Index(
            "ix_lead_source_department_id_name_key",
            "department_id",
            "name_key",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("deleted_at is null"),
        ),
    )

    name: Mapped[str]
    name_key: Mapped[str]
    department_id: Mapped[UUID | None]
    active: Mapped[bool] = mapped_column(default=True)
