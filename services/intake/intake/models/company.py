"""Companies."""

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from intake.models.base import (
    Base,
    Located,
    Owned,
    Searchable,
    deleted_index,
    live_index,
    search_index,
)


class Company(Base, Record, Owned, Located, Searchable):
    """An organisation of the directory; `email` is its office address, unique by `email_key`."""

    __tablename__ = "company"
    __table_args__ = (
        live_index("company", "email_key", unique=True),
        live_index("company", "sort_key", "id"),
        live_index("company", "created_at", "id"),
        live_index("company", "owner_id", "sort_key", "id"),
        live_index("company", "department_id", "sort_key", "id"),
        search_index("company"),
        deleted_index("company"),
    )

    name: Mapped[str]
    alternative_names: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    website: Mapped[str | None]
    email: Mapped[str | None]
    email_key: Mapped[str | None]
    phone: Mapped[str | None]
    phone_e164: Mapped[str | None]
    industry: Mapped[str | None]
    description: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
