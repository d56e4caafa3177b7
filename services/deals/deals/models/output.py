"""Lines of deals."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from deals.models.base import AMOUNT, Base


class Output(Base, Record):
    """A line: so much of a product or of something described in words."""

    __tablename__ = "output"
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    product_id: Mapped[UUID | None]
    text: Mapped[str | None]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    unit_price: Mapped[Decimal] = mapped_column(Numeric(24, 6))
    total: Mapped[Decimal] = mapped_column(AMOUNT)
    currency: Mapped[str]
    discount: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    contract_ship_date: Mapped[date | None]
    planned_ship_date: Mapped[date | None]
    actual_ship_date: Mapped[date | None]
    serial_number: Mapped[str | None]
