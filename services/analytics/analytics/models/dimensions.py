"""The dimensions: what the facts are counted by (ANA-003)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from analytics.models.base import Folded


class Named(Folded):
    """Base of what has a name."""

    __abstract__ = True

    name: Mapped[str | None] = mapped_column(sort_order=-5)
    active: Mapped[bool | None] = mapped_column(sort_order=-4)


class User(Named):
    """A user."""

    __tablename__ = "dim_user"


class Department(Named):
    """A department."""

    __tablename__ = "dim_department"


class Team(Named):
    """A team."""

    __tablename__ = "dim_team"


class Source(Named):
    """A lead source."""

    __tablename__ = "dim_source"


class LeadStatus(Named):
    """A lead status; a lead in one that is `qualified` counts as a qualified lead (ANA-026)."""

    __tablename__ = "dim_lead_status"

    qualified: Mapped[bool | None]


class Pipeline(Named):
    """A pipeline."""

    __tablename__ = "dim_pipeline"

    position: Mapped[int | None]


class Stage(Named):
    """A stage of a pipeline, in its order, with the probability in percent of its deals."""

    __tablename__ = "dim_stage"

    pipeline_id: Mapped[UUID | None]
    position: Mapped[int | None]
    probability: Mapped[int | None]
    conditional_win: Mapped[bool | None]


class Reason(Named):
    """A closing reason."""

    __tablename__ = "dim_reason"


class Product(Named):
    """A product."""

    __tablename__ = "dim_product"


class Company(Named):
    """A company."""

    __tablename__ = "dim_company"

    owner_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    country: Mapped[str | None]
    city: Mapped[str | None]
    created_at: Mapped[datetime | None] = mapped_column(index=True)


class Customer(Folded):
    """A customer; its people and place are those of its company where it has one."""

    __tablename__ = "dim_customer"

    name: Mapped[str | None]
    company_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    created_at: Mapped[datetime | None] = mapped_column(index=True)


class Currency(Folded):
    """A currency; the latest said to be the national one is it (`said_at`)."""

    __tablename__ = "dim_currency"

    code: Mapped[str | None]
    national: Mapped[bool | None]
    reporting: Mapped[bool | None]
    said_at: Mapped[datetime | None]


class Rate(Folded):
    """The rate of a currency on a day, in national currency for one unit."""

    __tablename__ = "dim_rate"

    code: Mapped[str | None]
    day: Mapped[date | None]
    rate: Mapped[Decimal | None]

    __table_args__ = (Index(None, "code", "day"),)
