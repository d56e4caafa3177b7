"""Leads: people and companies that are not customers yet."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from intake.models.base import (
    Base,
    Located,
    Owned,
    Searchable,
    deleted_index,
    link_index,
    live_index,
    search_index,
)

LeadOrigin = Literal["manual", "request", "form", "import", "booking"]


class Lead(Base, Record, Owned, Located, Searchable):
    """A lead; once `converted_at` is set it is read-only and names what it became.

    `email_key` is the unique key of `contact_email`; `emails` and `phones` are further ones. A
    lead's id is also its `crm_ref`. `deal_id` is the first deal made from it.
    """

    __tablename__ = "lead"
    __table_args__ = (
        CheckConstraint("priority between 0 and 4", name="priority"),
        CheckConstraint("(value_amount is null) = (value_currency is null)", name="value"),
        live_index("lead", "email_key", unique=True),
        live_index("lead", "created_at", "id"),
        live_index("lead", "sort_key", "id"),
        live_index("lead", "status_id", "created_at", "id"),
        live_index("lead", "source_id", "created_at", "id"),
        live_index("lead", "owner_id", "created_at", "id"),
        live_index("lead", "department_id", "created_at", "id"),
        link_index("lead", "customer_id"),
        link_index("lead", "company_id"),
        link_index("lead", "contact_id"),
        Index("ix_lead_value_amount", "value_amount"),
        search_index("lead"),
        deleted_index("lead"),
    )

    title: Mapped[str]
    description: Mapped[str | None]
    contact_name: Mapped[str | None]
    contact_email: Mapped[str | None]
    email_key: Mapped[str | None]
    emails: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    contact_phone: Mapped[str | None]
    phone_e164: Mapped[str | None]
    mobile: Mapped[str | None]
    phones: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    company_name: Mapped[str | None]
    job_title: Mapped[str | None]
    website: Mapped[str | None]
    industries: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    client_type: Mapped[str | None]
    value_amount: Mapped[Decimal | None] = mapped_column(Numeric(22, 4))
    value_currency: Mapped[str | None]
    priority: Mapped[int] = mapped_column(default=0)
    status_id: Mapped[UUID] = mapped_column(ForeignKey("lead_status.id"))
    source_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    notes: Mapped[str | None]
    birth_date: Mapped[date | None]
    do_not_email: Mapped[bool] = mapped_column(default=False)
    was_in_touch: Mapped[date | None]
    origin: Mapped[LeadOrigin] = mapped_column(Text)
    date_qualified: Mapped[datetime | None]
    date_lost: Mapped[datetime | None]
    converted_at: Mapped[datetime | None]
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("company.id"))
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact.id"))
    deal_id: Mapped[UUID | None]
