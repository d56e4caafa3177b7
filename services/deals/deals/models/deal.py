"""Deals and the stages they went through."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric, Sequence, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from deals.models.base import AMOUNT, TRIGRAMS, Base

CODE_PREFIX = "DL-"
deal_number = Sequence("deal_number", start=1000, metadata=Base.metadata)


class Deal(Base, Record):
    """A sales chance. The outcome is kept by flags of stages at the time, see domain.outcome."""

    __tablename__ = "deal"
    code: Mapped[str]
    crm_ref: Mapped[UUID]
    ticket: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    pipeline_id: Mapped[UUID] = mapped_column(ForeignKey("pipeline.id"))
    stage_id: Mapped[UUID] = mapped_column(ForeignKey("stage.id"))
    stage_entered_at: Mapped[datetime]
    stage_before_id: Mapped[UUID | None]
    status: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    currency: Mapped[str]
    probability: Mapped[int] = mapped_column(SmallInteger)
    probability_is_manual: Mapped[bool] = mapped_column(default=False)
    expected_close: Mapped[date | None]
    closed_on: Mapped[date | None]
    won_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    reason_id: Mapped[UUID | None] = mapped_column(ForeignKey("closing_reason.id"))
    note: Mapped[str | None]
    owner_id: Mapped[UUID | None]
    co_owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    company_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    partner_id: Mapped[UUID | None]
    lead_id: Mapped[UUID | None]
    request_id: Mapped[UUID | None]
    source_id: Mapped[UUID | None]
    priority: Mapped[int] = mapped_column(SmallInteger, default=0)
    important: Mapped[bool] = mapped_column(default=False)
    next_step: Mapped[str | None]
    next_step_date: Mapped[date | None]
    remind_me: Mapped[bool] = mapped_column(default=False)
    country: Mapped[str | None]
    city: Mapped[str | None]
    is_paid_in_full: Mapped[bool] = mapped_column(default=False)
    import_source: Mapped[str | None]
    external_id: Mapped[str | None]
    search_key: Mapped[str]
    search_trigrams: Mapped[list[str]] = mapped_column(TRIGRAMS)


class StageEntry(Base):
    """A stage a deal entered; never changed afterwards (DEA-072)."""

    __tablename__ = "stage_entry"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    stage_id: Mapped[UUID] = mapped_column(ForeignKey("stage.id"))
    entered_at: Mapped[datetime]
    author: Mapped[str]
    way: Mapped[str]
    days_in_previous: Mapped[Decimal] = mapped_column(Numeric(10, 2))
