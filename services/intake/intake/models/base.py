"""What several tables of intake have in common."""

from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Table, new_metadata


class Base(Table):
    """Base of intake's tables."""

    __abstract__ = True
    metadata = new_metadata()


class Owned:
    """Who has a record, and whose department may see it."""

    owner_id: Mapped[UUID | None]
    co_owner_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]


class Located:
    """A postal address; `country` is a code such as DE where it is known as one."""

    street: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None]


class Searchable:
    """What a record is sorted and found by, written with every change of its texts."""

    sort_key: Mapped[str] = mapped_column(default="")
    search_key: Mapped[str] = mapped_column(default="")
    search_trigrams: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


def search_index(table: str) -> Index:
    """Index the trigrams of a searchable table."""
    return Index(f"ix_{table}_search_trigrams", "search_trigrams", postgresql_using="gin")


def link_index(table: str, column: str) -> Index:
    """Index all rows of a table by a record they name: whoever removes that asks them all."""
    return Index(f"ix_{table}_any_{column}", column)


def deleted_index(table: str) -> Index:
    """Index the deleted rows of a large table, of which the oldest are removed for good."""
    return Index(f"ix_{table}_deleted_at", "deleted_at", postgresql_where="deleted_at is not null")


def live_index(table: str, *columns: str, unique: bool = False) -> Index:
    """Index the rows of a table that are not deleted."""
    name = f"ix_{table}_" + "_".join(columns)
    return Index(name, *columns, unique=unique, postgresql_where="deleted_at is null")
