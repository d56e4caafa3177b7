"""Finds the pipeline and stage a deal belongs into (DEA-002, DEA-017, DEA-018)."""

from uuid import UUID

from sqlalchemy import Select, exists, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from deals.domain.outcome import Outcome, Step
from deals.models import Pipeline, Stage
from kernel.errors import invalid


def step_of(stage: Stage, *, is_after_conditional_win: bool = False) -> Step:
    """Answer a stage as the rules of the outcome see it."""
    return Step(
        stage.id,
        stage.probability,
        is_won=stage.is_won,
        is_lost=stage.is_lost,
        is_conditional_win=stage.is_conditional_win,
        is_after_conditional_win=is_after_conditional_win,
    )


async def find_default_pipeline(
    session: AsyncSession, preferred: UUID | None, department_id: UUID | None
) -> Pipeline | None:
    """Answer the chosen, else the department's, else the general default pipeline."""
    query = (
        select(Pipeline)
        .where(
            Pipeline.deleted_at.is_(None),
            Pipeline.is_active,
            or_(
                Pipeline.id == preferred,
                Pipeline.is_default
                & or_(Pipeline.department_id.is_(None), Pipeline.department_id == department_id),
            ),
        )
        .order_by((Pipeline.id == preferred).desc().nulls_last(), Pipeline.department_id)
    )
    return await session.scalar(query.limit(1))


async def find_pipeline(session: AsyncSession, pipeline_id: UUID) -> Pipeline | None:
    """Answer a pipeline new deals may be put into."""
    query = select(Pipeline).where(
        Pipeline.id == pipeline_id, Pipeline.deleted_at.is_(None), Pipeline.is_active
    )
    return await session.scalar(query)


async def find_stage(session: AsyncSession, pipeline_id: UUID, stage_id: UUID) -> Stage | None:
    """Answer an active stage of a pipeline and keep it from being removed until the commit."""
    return await session.scalar(_offered(pipeline_id).where(Stage.id == stage_id))


async def find_first_stage(session: AsyncSession, pipeline_id: UUID) -> Stage | None:
    """Answer the stage in which deals of a pipeline start: the default, else the first open one."""
    query = _offered(pipeline_id).where(~Stage.is_won, ~Stage.is_lost)
    return await session.scalar(
        query.order_by(Stage.is_default.desc(), Stage.position, Stage.id).limit(1)
    )


async def choose_stage(session: AsyncSession, pipeline_id: UUID, wanted: UUID | None) -> Stage:
    """Answer the stage wanted, else the one in which deals of the pipeline start.

    Raises:
        Invalid: the pipeline has no such stage, or none to start in (DEA-017).
    """
    if wanted:
        stage = await find_stage(session, pipeline_id, wanted)
    else:
        stage = await find_first_stage(session, pipeline_id)
    if stage is None:
        raise invalid("stage_id", "is not among the pipeline's stages", "stage_unknown")
    return stage


async def find_closing_stage(
    session: AsyncSession, pipeline_id: UUID, outcome: Outcome
) -> Stage | None:
    """Answer the won or lost stage of a pipeline."""
    flag = Stage.is_won if outcome == "won" else Stage.is_lost
    return await session.scalar(_offered(pipeline_id).where(flag))


async def get_own_stage(session: AsyncSession, stage_id: UUID) -> Stage:
    """Answer the stage a deal is in, whether or not it is still offered."""
    return (await session.scalars(select(Stage).where(Stage.id == stage_id))).one()


def _offered(pipeline_id: UUID) -> Select[Stage]:
    return (
        select(Stage)
        .where(Stage.pipeline_id == pipeline_id, Stage.deleted_at.is_(None), Stage.is_active)
        .with_for_update(read=True, key_share=True)
    )


async def is_after_conditional_win(session: AsyncSession, stage: Stage) -> bool:
    """Answer whether a conditional-win stage stands before this one in its pipeline (DEA-060)."""
    before = select(Stage.id).where(
        Stage.pipeline_id == stage.pipeline_id,
        Stage.deleted_at.is_(None),
        Stage.is_conditional_win,
        tuple_(Stage.position, Stage.id) < tuple_(stage.position, stage.id),
    )
    return bool(await session.scalar(select(exists(before))))
