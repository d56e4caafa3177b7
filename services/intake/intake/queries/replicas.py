"""Pipelines, stages, products and deals, as intake's replicas know them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake.models import DealReplica, PipelineReplica, ProductReplica, StageReplica
from kernel.errors import invalid


@dataclass(frozen=True)
class Place:
    """Where a new deal stands."""

    pipeline_id: UUID
    stage_id: UUID


async def missing_products(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Answer the ids that are no active product."""
    query = select(ProductReplica.id).where(ProductReplica.id.in_(ids), ProductReplica.active)
    return set(ids) - set(await session.scalars(query))


async def check_place(
    session: AsyncSession, pipeline_id: UUID | None, stage_id: UUID | None
) -> Place | None:
    """Answer where a deal shall stand; without stage the default, else the first one (INT-116).

    Raises:
        Invalid: the pipeline or stage is unknown or inactive, or they do not belong together.
    """
    stage = await session.get(StageReplica, stage_id) if stage_id else None
    if stage_id and not (stage and stage.active):
        raise invalid("stage_id", "is no active stage", "stage_unknown")
    pipeline_id = pipeline_id or (stage.pipeline_id if stage else None)
    if pipeline_id is None:
        return None
    pipeline = await session.get(PipelineReplica, pipeline_id)
    if pipeline is None or not pipeline.active:
        raise invalid("pipeline_id", "is no active pipeline", "pipeline_unknown")
    stage = stage or await _first_stage(session, pipeline_id)
    if stage is None or stage.pipeline_id != pipeline_id:
        raise invalid("stage_id", "is no stage of the pipeline", "stage_of_other_pipeline")
    return Place(pipeline_id, stage.id)


async def _first_stage(session: AsyncSession, pipeline_id: UUID) -> StageReplica | None:
    query = (
        select(StageReplica)
        .where(StageReplica.pipeline_id == pipeline_id, StageReplica.active)
        .order_by(StageReplica.is_default.desc(), StageReplica.position, StageReplica.id)
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def find_deals_of_lead(
    session: AsyncSession, lead_id: UUID, deal_id: UUID | None
) -> Sequence[DealReplica]:
    """Answer the deals that name a lead, and the one the lead names."""
    query = select(DealReplica).where(
        or_(DealReplica.lead_id == lead_id, DealReplica.id == deal_id),
        DealReplica.deleted.is_(False),
    )
    return (await session.scalars(query.order_by(DealReplica.id))).all()
