"""Bases of the tables."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Table, new_metadata


class Base(Table):
    """Base of every table of this service."""

    __abstract__ = True
    metadata = new_metadata()


class Folded(Base):
    """Base of facts and dimensions: a row per aggregate, made from its events and nothing else.

    `folded` is the whole state, from which the next event goes on; the other columns are read out
    of it. `counts` says whether the record is in the figures; `version` is that of its last event.
    """

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-9)
    version: Mapped[int] = mapped_column(BigInteger, sort_order=-8)
    counts: Mapped[bool] = mapped_column(sort_order=-7)
    folded: Mapped[dict[str, Any]] = mapped_column(sort_order=-6)
