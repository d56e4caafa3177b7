"""Public web forms."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from intake.models.base import Base


class WebForm(Base, Record):
    """A form visitors fill in; whoever knows its token may submit."""

    __tablename__ = "web_form"

    token: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("lead_source.id"))
    department_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    active: Mapped[bool] = mapped_column(default=True)
