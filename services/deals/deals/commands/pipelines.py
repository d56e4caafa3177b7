"""Changes pipelines (DEA-001 to DEA-005)."""

from collections.abc import Mapping, Sequence
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
from deals.commands.stages import add_steps
from deals.domain.shipped import STEPS, Template
from deals.events import pipeline_defined
from deals.models import Pipeline, Stage
from deals.queries.pipelines import (
    get_pipeline,
    has_deals,
    list_stages,
    next_position,
    pipelines,
)
from deals.queries.references import check_references
from kernel.errors import Conflict, invalid
from kernel.ids import uuid7

FIELDS = ("name", "description", "is_active", "is_default", "department_id", "position")


async def create_pipeline(
    session: AsyncSession, values: Mapping[str, Any], template: Template | None = None
) -> Pipeline:
    """Add a pipeline at the end of the list, with the stages of a template or none (DEA-006)."""
    await lock_table(session, Pipeline)
    key = await _free_key(session, values["name"])
    await check_references(session, {"department_id": values.get("department_id")})
    _refuse_inactive_default(values.get("is_active", True), values.get("is_default", False))
    if values.get("is_default"):
        await _take_default(session, values.get("department_id"))
    position = await next_position(session, Pipeline, deleted_at=None)
    pipeline = new(session, Pipeline, name_key=key, position=position, **values)
    added(session, pipeline, pipeline_defined, FIELDS)
    if template:
        await session.flush()  # the stages refer to it
        steps = STEPS[template]
        add_steps(session, pipeline.id, steps, [uuid7() for _ in steps])
    return pipeline


async def update_pipeline(
    session: AsyncSession, pipeline: Pipeline, given: Mapping[str, Any]
) -> None:
    """Edit a pipeline that was read after `lock_table`."""
    changes = dict(given)
    if "name" in changes:
        changes["name_key"] = await _free_key(session, changes["name"], pipeline)
    after = {name: changes.get(name, getattr(pipeline, name)) for name in FIELDS}
    _refuse_inactive_default(after["is_active"], after["is_default"])
    moved = after["department_id"] != pipeline.department_id
    if moved:
        await check_references(session, {"department_id": after["department_id"]})
    if after["is_default"] and (moved or not pipeline.is_default):
        await _take_default(session, after["department_id"])
    edited(session, pipeline, pipeline_defined, changes)


async def lock_pipeline(session: AsyncSession, pipeline_id: UUID) -> Pipeline:
    """Answer a pipeline that nobody else can change until the commit."""
    await lock_table(session, Pipeline)
    return await get_pipeline(session, pipeline_id)


async def delete_pipeline(session: AsyncSession, pipeline: Pipeline) -> None:
    """Remove an empty pipeline.

    Raises:
        Conflict: it is a default one, or has stages or deals.
    """
    if pipeline.is_default:
        raise Conflict("The default pipeline cannot be deleted.", code="pipeline_is_default")
    await lock_table(session, Stage)  # so that it gets no stage meanwhile
    if await list_stages(session, pipeline.id) or await has_deals(session, pipeline_id=pipeline.id):
        raise Conflict("The pipeline has stages or deals.", code="pipeline_in_use")
    removed(session, pipeline, pipeline_defined)


async def restore_pipeline(session: AsyncSession, pipeline: Pipeline) -> None:
    """Bring a removed, locked pipeline back; a default one it never was."""
    await lock_table(session, Pipeline)
    await _free_key(session, pipeline.name)
    position = await place_of(session, pipeline)
    restored(session, pipeline, pipeline_defined, position=position)


async def order_pipelines(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Put pipelines into the order of `ids`; those not named follow in their old order."""
    await lock_table(session, Pipeline)
    known = {
        pipeline.id: pipeline
        for pipeline in await session.scalars(pipelines().order_by(Pipeline.position, Pipeline.id))
    }
    for index, id_ in enumerate(ids):
        if id_ not in known:
            raise invalid(f"ids/{index}", "is no pipeline", "pipeline_unknown")
        if id_ in ids[:index]:
            raise invalid(f"ids/{index}", "stands there already", "pipeline_repeated")
    rest = [id_ for id_ in known if id_ not in set(ids)]
    for position, id_ in enumerate([*ids, *rest], start=1):
        edited(session, known[id_], pipeline_defined, {"position": position})


def _refuse_inactive_default(is_active: bool, is_default: bool) -> None:  # noqa: FBT001 - two flags
    if is_default and not is_active:
        raise Conflict("The default pipeline cannot be disabled.", code="pipeline_is_default")


async def _take_default(session: AsyncSession, department_id: UUID | None) -> None:
    await take_flag(session, Pipeline, pipeline_defined, "is_default", department_id=department_id)


async def _free_key(session: AsyncSession, name: str, but: Pipeline | None = None) -> str:
    key = await find_free_key(session, Pipeline, name, but=but)
    if key is None:
        detail = f"There is a pipeline called {name}."
        raise Conflict(detail, code="pipeline_name_taken", field="name")
    return key
