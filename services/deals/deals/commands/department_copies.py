"""What a copied department gets of its original's: pipelines with their stages, closing reasons.

The catalogue of products is everybody's and is not copied (GAT-033).
"""

from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deals.commands import closing_reasons as reasons
from deals.commands import pipelines, stages
from deals.commands.changes import new, values_of
from deals.commands.dictionaries import added, find_free_key, lock_table
from deals.events import closing_reason_defined, pipeline_defined, stage_defined
from deals.models import ClosingReason, Pipeline, Stage
from deals.queries import pipelines as queries

LONGEST_NAME = 255


async def copy_dictionaries(
    session: AsyncSession, original_id: UUID, copy_id: UUID, copy_name: str
) -> None:
    """Give a department that was just made the entries of another one."""
    for table in (Pipeline, Stage, ClosingReason):
        await lock_table(session, table)
    own = queries.pipelines().where(Pipeline.department_id == original_id)
    for pipeline in (await session.scalars(own.order_by(Pipeline.position))).all():
        await _copy_pipeline(session, pipeline, copy_id, copy_name)
    kept = queries.closing_reasons().where(ClosingReason.department_id == original_id)
    for reason in (await session.scalars(kept.order_by(ClosingReason.position))).all():
        values = values_of(reason, reasons.FIELDS) | {"department_id": copy_id}
        copy = new(session, ClosingReason, name_key=reason.name_key, **values)
        added(session, copy, closing_reason_defined, reasons.FIELDS)


async def _copy_pipeline(
    session: AsyncSession, pipeline: Pipeline, department_id: UUID, department: str
) -> None:
    name, key = await _free_name(session, pipeline.name, department)
    changed: dict[str, Any] = {
        "name": name,
        "department_id": department_id,
        "position": await queries.next_position(session, Pipeline, deleted_at=None),
    }
    values = values_of(pipeline, pipelines.FIELDS) | changed
    copy = new(session, Pipeline, name_key=key, **values)
    added(session, copy, pipeline_defined, pipelines.FIELDS)
    await session.flush()  # the stages refer to it
    for stage in await queries.list_stages(session, pipeline.id):
        values = values_of(stage, stages.FIELDS) | {"pipeline_id": copy.id}
        step = new(session, Stage, name_key=stage.name_key, **values)
        added(session, step, stage_defined, stages.FIELDS)


async def _free_name(session: AsyncSession, name: str, department: str) -> tuple[str, str]:
    """Answer a name that no pipeline has, with its key: `Sales (Berlin)`, `Sales (Berlin 2)`."""
    for number in count(1):
        ending = f" ({department[:100]}{f' {number}' if number > 1 else ''})"
        free = name[: LONGEST_NAME - len(ending)] + ending
        if key := await find_free_key(session, Pipeline, free):
            return free, key
    raise AssertionError
