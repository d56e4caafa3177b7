"""What intake knows of other services' records, kept by their events."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, Index, Numeric, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from intake.models.base import Base


class Replica:
    """The columns every replica has: `version` is the version of the event it was last fed by."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]


class UserReplica(Base, Replica):
    """A user of the gateway."""

    __tablename__ = "user_replica"

    email: Mapped[str]
    active: Mapped[bool]
    department_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    team_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))


class DepartmentReplica(Base, Replica):
    """A department of the gateway."""

    __tablename__ = "department_replica"

    active: Mapped[bool]


class TeamReplica(Base, Replica):
    """A sales team of the gateway."""

    __tablename__ = "team_replica"

    active: Mapped[bool]


class PipelineReplica(Base, Replica):
    """A pipeline of deals; `active` is false for a deleted one too."""

    __tablename__ = "pipeline_replica"

    active: Mapped[bool]


class StageReplica(Base, Replica):
    """A stage of a pipeline; `active` is false for a deleted one too."""

    __tablename__ = "stage_replica"
    __table_args__ = (Index("ix_stage_replica_pipeline_id", "pipeline_id"),)

    pipeline_id: Mapped[UUID | None]
    position: Mapped[int]
    is_default: Mapped[bool]
    active: Mapped[bool]


class ProductReplica(Base, Replica):
    """A product of deals; `active` is false for a deleted one too."""

    __tablename__ = "product_replica"

    active: Mapped[bool]


class DealReplica(Base, Replica):
    """A deal, as far as leads show it: what it was made from, and what became of it."""

    __tablename__ = "deal_replica"
    __table_args__ = (Index("ix_deal_replica_lead_id", "lead_id"),)

    name: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="open")
    deleted: Mapped[bool] = mapped_column(default=False)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(22, 4))
    currency: Mapped[str | None]
    lead_id: Mapped[UUID | None]
    request_id: Mapped[UUID | None]
