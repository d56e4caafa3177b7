"""Currencies and their dated rates."""

from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from deals.models.base import Base


class Currency(Base, Record):
    """A currency deals may be made in; its id follows from its code."""

    __tablename__ = "currency"
    code: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    auto_update: Mapped[bool] = mapped_column(default=True)
    is_national: Mapped[bool] = mapped_column(default=False)
    is_reporting: Mapped[bool] = mapped_column(default=False)


class Rate(Base, Record):
    """Units of the national currency for one unit of a currency on a day, with 8 decimals.

    Its id follows from code and day, of which there is one rate only.
    """

    __tablename__ = "rate"
    code: Mapped[str]
    day: Mapped[date]
    rate: Mapped[Decimal]
    kind: Mapped[str]
    source: Mapped[str]
