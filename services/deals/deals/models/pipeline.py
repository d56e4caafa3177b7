"""Pipelines, their stages, and the reasons for which deals are closed."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from deals.models.base import Base


class Pipeline(Base, Record):
    """An ordered way of stages, of one department or of all."""

    __tablename__ = "pipeline"
    name: Mapped[str]
    name_key: Mapped[str]
    description: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    department_id: Mapped[UUID | None]
    position: Mapped[int]


class Stage(Base, Record):
    """A step of a pipeline; its flags, never its name, say what entering it means."""

    __tablename__ = "stage"
    pipeline_id: Mapped[UUID] = mapped_column(ForeignKey("pipeline.id"))
    name: Mapped[str]
    name_key: Mapped[str]
    colour: Mapped[str | None]
    probability: Mapped[int | None]
    description: Mapped[str | None]
    is_default: Mapped[bool] = mapped_column(default=False)
    is_won: Mapped[bool] = mapped_column(default=False)
    is_lost: Mapped[bool] = mapped_column(default=False)
    is_second_default: Mapped[bool] = mapped_column(default=False)
    is_conditional_win: Mapped[bool] = mapped_column(default=False)
    is_shipped: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int]
    rot_days: Mapped[int] = mapped_column(default=14)


class ClosingReason(Base, Record):
    """Why deals are won or lost, as the administrator words it."""

    __tablename__ = "closing_reason"
    name: Mapped[str]
    name_key: Mapped[str]
    department_id: Mapped[UUID | None]
    outcome: Mapped[str]
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
    is_irrelevant: Mapped[bool] = mapped_column(default=False)
