"""Payments of deals."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from deals.models.base import AMOUNT, Base


class Payment(Base, Record):
    """Money received for a deal, or expected with some certainty.

    A lost deal's expected payments are cancelled and keep their status, so that reopening the deal
    brings them back as they were (DEA-062).
    """

    __tablename__ = "payment"
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    currency: Mapped[str]
    day: Mapped[date]
    status: Mapped[str]
    is_cancelled: Mapped[bool] = mapped_column(default=False)
    contract_no: Mapped[str | None]
    invoice_no: Mapped[str | None]
    order_no: Mapped[str | None]
    via_representation: Mapped[bool] = mapped_column(default=False)
