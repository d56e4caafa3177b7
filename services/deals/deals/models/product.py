"""Products and services on offer."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from deals.models.base import TRIGRAMS, Base


class Product(Base, Record):
    """Something that is sold at a list price."""

    __tablename__ = "product"
    name: Mapped[str]
    code: Mapped[str | None]
    description: Mapped[str | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(24, 6))
    currency: Mapped[str | None]
    on_sale: Mapped[bool] = mapped_column(default=True)
    kind: Mapped[str]
    category: Mapped[str | None]
    department_id: Mapped[UUID | None]
    name_key: Mapped[str]
    search_key: Mapped[str]
    search_trigrams: Mapped[list[str]] = mapped_column(TRIGRAMS)
