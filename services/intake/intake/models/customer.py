"""Customers: the commercial role of a company, a person, or both."""

from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, Sequence, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from intake.domain.preferences import PaymentTerms
from intake.models.base import (
    Base,
    Owned,
    Searchable,
    deleted_index,
    link_index,
    live_index,
    search_index,
)

CustomerStatus = Literal["active", "inactive", "blocked"]

CODES = Sequence("customer_code", start=1000, metadata=Base.metadata)


class Customer(Base, Record, Owned, Searchable):
    """The terms on which a company or contact buys; addresses have the fields of `Located`."""

    __tablename__ = "customer"
    __table_args__ = (
        CheckConstraint("company_id is not null or contact_id is not null", name="party"),
        CheckConstraint("status in ('active', 'inactive', 'blocked')", name="status"),
        CheckConstraint(
            "payment_terms in ('cod', 'net15', 'net30', 'net60', 'net90', 'prepaid')",
            name="payment_terms",
        ),
        CheckConstraint("blacklisted = (blacklist_reason is not null)", name="blacklisted"),
        live_index("customer", "email_key", unique=True),
        live_index("customer", "contact_id", unique=True),
        link_index("customer", "company_id"),
        link_index("customer", "contact_id"),
        live_index("customer", "sort_key", "id"),
        live_index("customer", "created_at", "id"),
        live_index("customer", "owner_id", "sort_key", "id"),
        live_index("customer", "department_id", "sort_key", "id"),
        search_index("customer"),
        deleted_index("customer"),
    )

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str | None]
    email_key: Mapped[str | None]
    phone: Mapped[str | None]
    phone_e164: Mapped[str | None]
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("company.id"))
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact.id"))
    currency: Mapped[str]
    price_list: Mapped[str | None]
    payment_terms: Mapped[PaymentTerms] = mapped_column(Text)
    credit_limit: Mapped[Decimal] = mapped_column(Numeric(22, 4))
    discount: Mapped[Decimal] = mapped_column(Numeric(5, 2), default=Decimal(0))
    tax_exempt: Mapped[bool] = mapped_column(default=False)
    tax_number: Mapped[str | None]
    registration_number: Mapped[str | None]
    billing_address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    delivery_address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    notes: Mapped[str | None]
    status: Mapped[CustomerStatus] = mapped_column(Text, default="active")
    blacklisted: Mapped[bool] = mapped_column(default=False)
    blacklist_reason: Mapped[str | None]
