"""Requests: what came in, who wrote it, and what became of it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Computed, ForeignKey, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from intake.domain.requests import Channel, Kind, State
from intake.models.base import Base, Owned, deleted_index, link_index, live_index


class Request(Base, Record, Owned):
    """An incoming inquiry; `client_id` is its company, else contact, else lead.

    `match_reasons` says why it is linked as it is, `candidates` whom it could be linked to, each as
    `{"kind", "id", "reasons"}`. `former_lead_id` is the lead it belonged to before a conversion.
    """

    __tablename__ = "request"
    __table_args__ = (
        CheckConstraint(
            "state in ('pending','validated','irrelevant','unfulfillable','duplicate','closed')",
            name="state",
        ),
        CheckConstraint("kind in ('commercial','case')", name="kind"),
        CheckConstraint("channel in ('form','email','manual','api')", name="channel"),
        live_index("request", "received_at", "id"),
        live_index("request", "state", "received_at", "id"),
        live_index("request", "client_id"),
        link_index("request", "company_id"),
        link_index("request", "contact_id"),
        link_index("request", "lead_id"),
        link_index("request", "former_lead_id"),
        deleted_index("request"),
        live_index("request", "owner_id", "received_at", "id"),
        live_index("request", "department_id", "received_at", "id"),
    )

    ticket: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[Channel] = mapped_column(Text)
    kind: Mapped[Kind] = mapped_column(Text, default="commercial")
    state: Mapped[State] = mapped_column(Text, default="pending")
    state_reason: Mapped[str | None]
    original_id: Mapped[UUID | None]
    subject: Mapped[str]
    first_name: Mapped[str | None]
    middle_name: Mapped[str | None]
    last_name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    phone_e164: Mapped[str | None]
    website: Mapped[str | None]
    company_name: Mapped[str | None]
    country: Mapped[str | None]
    city: Mapped[str | None]
    description: Mapped[str | None]
    translation: Mapped[str | None]
    remark: Mapped[str | None]
    product_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    source_id: Mapped[UUID | None]
    received_at: Mapped[datetime]
    receipt_date: Mapped[date]
    team_id: Mapped[UUID | None]
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("company.id"))
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact.id"))
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("lead.id"))
    former_lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("lead.id"))
    deal_id: Mapped[UUID | None]
    client_id: Mapped[UUID | None] = mapped_column(
        Computed("coalesce(company_id, contact_id, lead_id)", persisted=True)
    )
    subsequent: Mapped[bool] = mapped_column(default=False)
    links_by_hand: Mapped[bool] = mapped_column(default=False)
    verification_required: Mapped[bool] = mapped_column(default=False)
    match_reasons: Mapped[list[str]] = mapped_column(default=list)
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
