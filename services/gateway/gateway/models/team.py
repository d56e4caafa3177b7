"""Who gets leads and targets: sales teams and their members."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from gateway.models.base import Base


class Team(Record, Base):
    """A sales team; with a department, only people of it are members."""

    __tablename__ = "team"

    name: Mapped[str]
    name_key: Mapped[str]
    leader_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    alias: Mapped[str | None]
    target_amount: Mapped[Decimal | None] = mapped_column(Numeric(22, 4))
    target_currency: Mapped[str | None]
    uses_leads: Mapped[bool]
    active: Mapped[bool]


class TeamMember(Base):
    """A user in a team, with the limits within which leads are assigned to them."""

    __tablename__ = "team_member"

    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    max_30d: Mapped[int]
    skip: Mapped[bool]
    filter: Mapped[dict[str, Any]]
