"""Changes the stages of pipelines (DEA-007, DEA-008, DEA-011)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deals.commands.changes import new
from deals.commands.dictionaries import (
    added,
    edited,
    find_free_key,
    lock_table,
    place_of,
    removed,
    restored,
    take_flag,
)
from deals.domain.shipped import ShippedStage
from deals.events import stage_defined
from deals.models import Pipeline, Stage
from deals.queries.pipelines import (
    get_pipeline,
    get_stage,
    has_deals,
    list_stages,
    next_position,
    pipelines,
)
from kernel.errors import Conflict, invalid
from kernel.text import fold

ONE_PER_PIPELINE = ("is_default", "is_won", "is_lost", "is_second_default")
FIELDS = (
    "pipeline_id",
    "name",
    "colour",
    "probability",
    "description",
    *ONE_PER_PIPELINE,
    "is_conditional_win",
    "is_shipped",
    "is_active",
    "position",
    "rot_days",
)


async def create_stage(
    session: AsyncSession, pipeline_id: UUID, values: Mapping[str, Any]
) -> Stage:
    """Add a stage, by default at the end of the pipeline."""
    await lock_table(session, Stage)
    await get_pipeline(session, pipeline_id)
    _refuse_won_and_lost(values)
    key = await _free_key(session, pipeline_id, values["name"])
    await _take_flags(session, pipeline_id, values)
    position = values.get("position") or await next_position(
        session, Stage, pipeline_id=pipeline_id, deleted_at=None
    )
    stage = new(
        session,
        Stage,
        pipeline_id=pipeline_id,
        name_key=key,
        **{**values, "position": position},
    )
    added(session, stage, stage_defined, FIELDS)
    return stage


async def lock_stage(session: AsyncSession, pipeline_id: UUID, stage_id: UUID) -> Stage:
    """Answer a stage that nobody else can change, and no deal can enter, until the commit."""
    await lock_table(session, Stage)
    return await get_stage(session, pipeline_id, stage_id, lock=True)


async def update_stage(session: AsyncSession, stage: Stage, given: Mapping[str, Any]) -> None:
    """Edit a locked stage; a flag it gets is taken from the stage that had it."""
    changes = dict(given)
    _refuse_won_and_lost(
        {name: changes.get(name, getattr(stage, name)) for name in ("is_won", "is_lost")}
    )
    if "name" in changes:
        changes["name_key"] = await _free_key(session, stage.pipeline_id, changes["name"], stage)
    gained = {name: True for name in ONE_PER_PIPELINE if changes.get(name)}
    gained = {name: True for name in gained if not getattr(stage, name)}
    await _take_flags(session, stage.pipeline_id, gained)
    edited(session, stage, stage_defined, changes)


async def delete_stage(session: AsyncSession, stage: Stage) -> None:
    """Remove a locked stage.

    Raises:
        Conflict: it has deals, or is the default one while there are others.
    """
    if await has_deals(session, stage_id=stage.id):
        raise Conflict("The stage has deals.", code="stage_in_use")
    others = len(await list_stages(session, stage.pipeline_id)) > 1
    if stage.is_default and others:
        raise Conflict("The default stage cannot be deleted.", code="stage_is_default")
    removed(session, stage, stage_defined)


async def restore_stage(session: AsyncSession, stage: Stage) -> None:
    """Bring a removed, locked stage back, without the flags that another one has by now.

    Raises:
        Conflict: its name is taken, or its pipeline is removed.
    """
    await lock_table(session, Stage)
    if not await session.scalar(pipelines().where(Pipeline.id == stage.pipeline_id)):
        raise Conflict("Its pipeline is deleted; restore that first.", code="pipeline_deleted")
    await _free_key(session, stage.pipeline_id, stage.name)
    others = await list_stages(session, stage.pipeline_id)
    taken = {flag: False for flag in ONE_PER_PIPELINE if any(getattr(o, flag) for o in others)}
    position = await place_of(session, stage, pipeline_id=stage.pipeline_id)
    restored(session, stage, stage_defined, position=position, **taken)


def add_steps(
    session: AsyncSession, pipeline_id: UUID, steps: Sequence[ShippedStage], ids: Sequence[UUID]
) -> None:
    """Give a new pipeline the stages of a shipped one; the first is its default."""
    for place, (step, id_) in enumerate(zip(steps, ids, strict=True), start=1):
        stage = new(
            session,
            Stage,
            id_=id_,
            pipeline_id=pipeline_id,
            name_key=fold(step.name),
            description=None,
            is_default=place == 1,
            is_active=True,
            position=place,
            rot_days=14,
            **asdict(step),
        )
        added(session, stage, stage_defined, FIELDS)


def _refuse_won_and_lost(values: Mapping[str, Any]) -> None:
    if values.get("is_won") and values.get("is_lost"):
        raise invalid("is_lost", "a stage is not won and lost at once", "won_and_lost")


async def _take_flags(session: AsyncSession, pipeline_id: UUID, values: Mapping[str, Any]) -> None:
    for flag in ONE_PER_PIPELINE:
        if values.get(flag):
            await take_flag(session, Stage, stage_defined, flag, pipeline_id=pipeline_id)


async def _free_key(
    session: AsyncSession, pipeline_id: UUID, name: str, but: Stage | None = None
) -> str:
    key = await find_free_key(session, Stage, name, but=but, pipeline_id=pipeline_id)
    if key is None:
        detail = f"There is a stage called {name}."
        raise Conflict(detail, code="stage_name_taken", field="name")
    return key
