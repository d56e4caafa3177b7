"""Read-only copies of other services' records, as far as deals needs them.

`version` is the aggregate's version of the latest event applied; older events change nothing. An
id that occurs in a deal may be unknown here for a while: the name follows with the event.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from deals.models.base import TRIGRAMS, Base

IDS = ARRAY(Uuid)


class Replica:
    """Columns of every copy."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)


class User(Base, Replica):
    """A user of the suite."""

    __tablename__ = "replica_user"
    email: Mapped[str]
    name_key: Mapped[str]
    email_key: Mapped[str]
    department_ids: Mapped[list[UUID]] = mapped_column(IDS)
    team_ids: Mapped[list[UUID]] = mapped_column(IDS)


class Department(Base, Replica):
    """A department; `currency` is what its amounts are in unless said otherwise."""

    __tablename__ = "replica_department"
    currency: Mapped[str | None]


class Team(Base, Replica):
    """A team."""

    __tablename__ = "replica_team"


class Company(Base, Replica):
    """A company of the directory."""

    __tablename__ = "replica_company"
    is_deleted: Mapped[bool] = mapped_column(default=False)
    email: Mapped[str | None]
    email_key: Mapped[str | None]
    phone: Mapped[str | None]
    website: Mapped[str | None]
    country: Mapped[str | None]
    city: Mapped[str | None]
    search_key: Mapped[str]
    search_trigrams: Mapped[list[str]] = mapped_column(TRIGRAMS)


class Contact(Base, Replica):
    """A person of the directory."""

    __tablename__ = "replica_contact"
    is_deleted: Mapped[bool] = mapped_column(default=False)
    emails: Mapped[list[str]]
    phones: Mapped[list[str]]
    company_id: Mapped[UUID | None]
    search_key: Mapped[str]
    search_trigrams: Mapped[list[str]] = mapped_column(TRIGRAMS)


class Customer(Base, Replica):
    """A company or person in the role of a customer."""

    __tablename__ = "replica_customer"
    is_deleted: Mapped[bool] = mapped_column(default=False)
    code: Mapped[str]
    code_key: Mapped[str]
    name_key: Mapped[str]
    email: Mapped[str | None]
    email_key: Mapped[str | None]
    company_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    discount: Mapped[Decimal] = mapped_column(Numeric(5, 2), default=Decimal(0))
    is_blacklisted: Mapped[bool] = mapped_column(default=False)
    search_key: Mapped[str]
    search_trigrams: Mapped[list[str]] = mapped_column(TRIGRAMS)


class Lead(Base, Replica):
    """A lead; its name is its title."""

    __tablename__ = "replica_lead"
    is_deleted: Mapped[bool] = mapped_column(default=False)
    crm_ref: Mapped[UUID | None]
    email: Mapped[str | None]
    company_name: Mapped[str | None]


class Request(Base, Replica):
    """A request; its name is its subject."""

    __tablename__ = "replica_request"
    is_deleted: Mapped[bool] = mapped_column(default=False)
    ticket: Mapped[str]
    channel: Mapped[str | None]
    description: Mapped[str | None]
    person_name: Mapped[str | None]
    person_email: Mapped[str | None]
    person_phone: Mapped[str | None]
    received_at: Mapped[datetime | None]
