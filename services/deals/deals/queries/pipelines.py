"""Reads pipelines, stages and closing reasons."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import there
from deals.models import ClosingReason, Deal, Pipeline, Stage
from kernel.errors import NotFound

RecordT = TypeVar("RecordT", Pipeline, Stage, ClosingReason)


def pipelines(*, deleted: bool = False) -> Select[Pipeline]:
    """Select the pipelines there are, or the deleted ones."""
    return select(Pipeline).where(there(Pipeline, deleted=deleted))


def stages(pipeline_id: UUID, *, deleted: bool = False) -> Select[Stage]:
    """Select the stages of a pipeline, or its deleted ones."""
    return select(Stage).where(Stage.pipeline_id == pipeline_id, there(Stage, deleted=deleted))


def closing_reasons(*, deleted: bool = False) -> Select[ClosingReason]:
    """Select the closing reasons there are, or the deleted ones."""
    return select(ClosingReason).where(there(ClosingReason, deleted=deleted))


async def get_pipeline(session: AsyncSession, pipeline_id: UUID) -> Pipeline:
    """Answer a pipeline, or raise NotFound."""
    return _found(await session.scalar(pipelines().where(Pipeline.id == pipeline_id)))


async def get_stage(
    session: AsyncSession, pipeline_id: UUID, stage_id: UUID, *, lock: bool = False
) -> Stage:
    """Answer a stage of this pipeline; that of another one is NotFound."""
    query = stages(pipeline_id).where(Stage.id == stage_id)
    return _found(await session.scalar(query.with_for_update() if lock else query))


async def get_closing_reason(
    session: AsyncSession, reason_id: UUID, *, lock: bool = False
) -> ClosingReason:
    """Answer a closing reason, or raise NotFound."""
    query = closing_reasons().where(ClosingReason.id == reason_id)
    return _found(await session.scalar(query.with_for_update() if lock else query))


async def list_stages(session: AsyncSession, pipeline_id: UUID) -> Sequence[Stage]:
    """Answer the stages of a pipeline in their order."""
    query = stages(pipeline_id).order_by(Stage.position, Stage.id)
    return (await session.scalars(query)).all()


async def has_deals(session: AsyncSession, **where: Any) -> bool:
    """Answer whether any deal, removed ones included, uses a pipeline, stage or reason."""
    return bool(await session.scalar(select(exists(select(Deal.id).filter_by(**where)))))


async def next_position(session: AsyncSession, table: Any, **where: Any) -> int:
    """Answer the position after the last record."""
    last = await session.scalar(select(func.max(table.position)).filter_by(**where))
    return (last or 0) + 1


def _found(record: RecordT | None) -> RecordT:
    if record is None:
        raise NotFound
    return record
