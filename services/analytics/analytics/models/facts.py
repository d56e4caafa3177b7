"""The facts: what happened, at the grain the reports count in (ANA-003)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, Numeric, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from analytics.models.base import Base, Folded

AMOUNT = Numeric(22, 4)


class Request(Folded):
    """A request; `verdict` is its state, `received_on` the business date."""

    __tablename__ = "fact_request"

    received_on: Mapped[date | None] = mapped_column(index=True)
    kind: Mapped[str | None]
    verdict: Mapped[str | None]
    source_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    company_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    lead_id: Mapped[UUID | None]
    country: Mapped[str | None]
    city: Mapped[str | None]
    product_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))


class Lead(Folded):
    """A lead with its status, and what became of it."""

    __tablename__ = "fact_lead"

    title: Mapped[str | None]
    created_on: Mapped[date | None] = mapped_column(index=True)
    source_id: Mapped[UUID | None]
    status_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    promoted: Mapped[bool | None]
    converted: Mapped[bool | None]
    disqualified: Mapped[bool | None]


class Deal(Folded):
    """A deal; `created_on` and `closed_on` are business dates, an import's own where it gave them.

    `stage_before_id` is the stage it stood in before it was closed.
    """

    __tablename__ = "fact_deal"

    name: Mapped[str | None]
    status: Mapped[str | None]
    amount: Mapped[Decimal | None] = mapped_column(AMOUNT)
    currency: Mapped[str | None]
    pipeline_id: Mapped[UUID | None]
    stage_id: Mapped[UUID | None]
    probability: Mapped[int | None]
    owner_id: Mapped[UUID | None]
    co_owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    source_id: Mapped[UUID | None]
    country: Mapped[str | None]
    city: Mapped[str | None]
    company_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    lead_id: Mapped[UUID | None] = mapped_column(index=True)
    request_id: Mapped[UUID | None] = mapped_column(index=True)
    created_at: Mapped[datetime | None] = mapped_column(index=True)
    created_on: Mapped[date | None] = mapped_column(index=True)
    closed_on: Mapped[date | None] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    reason_id: Mapped[UUID | None]
    stage_before_id: Mapped[UUID | None]
    irrelevant: Mapped[bool | None]


class StageStay(Base):
    """A deal's stay in a stage, the `place`-th of its stays; one that lasts has not left."""

    __tablename__ = "fact_stage_stay"

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[UUID]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Line(Folded):
    """A line of a deal; `amount` is its total."""

    __tablename__ = "fact_line"

    deal_id: Mapped[UUID | None] = mapped_column(index=True)
    product_id: Mapped[UUID | None]
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(22, 4))
    amount: Mapped[Decimal | None] = mapped_column(AMOUNT)
    currency: Mapped[str | None]


class Payment(Folded):
    """A payment of a deal, received or expected on `paid_on`."""

    __tablename__ = "fact_payment"

    deal_id: Mapped[UUID | None] = mapped_column(index=True)
    status: Mapped[str | None]
    amount: Mapped[Decimal | None] = mapped_column(AMOUNT)
    currency: Mapped[str | None]
    paid_on: Mapped[date | None] = mapped_column(index=True)


class Letter(Folded):
    """A letter that came `in` or went `out`, tied to records; `sent_on` is the business date."""

    __tablename__ = "fact_letter"

    direction: Mapped[str | None]
    mailbox_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    ticket: Mapped[str | None]
    record_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    at: Mapped[datetime | None]
    sent_on: Mapped[date | None] = mapped_column(index=True)
    failed: Mapped[bool | None]
