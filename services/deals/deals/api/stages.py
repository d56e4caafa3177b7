"""The stages of a pipeline."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.schemas import Flag, Input, Output, Whole
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from deals.api.answers import page_of, point_to
from deals.api.callers import DictionaryManager, DictionaryReader
from deals.api.deleted_records import DeletedEntries, StageToRestore
from deals.api.fields import Colour, Percent, Position, unsent
from deals.commands.stages import (
    create_stage,
    delete_stage,
    lock_stage,
    restore_stage,
    update_stage,
)
from deals.models import Stage
from deals.queries.pipelines import get_pipeline, get_stage, stages
from kernel.errors import NotFound
from kernel.pages import Page
from kernel.text import Line, Paragraphs

router = APIRouter(prefix="/pipelines/{pipeline_id}/stages", tags=["stages"], route_class=Route)
ORDER = Order({"position": Stage.position, "name": Stage.name}, "position", Stage.id)

RotDays = Annotated[Whole, Field(ge=0, le=3650)]


class StageIn(Input):
    """A new stage; without position it is the last one."""

    name: Annotated[str, Line(255)]
    colour: Colour | None = None
    probability: Percent | None = None
    description: Annotated[str, Paragraphs(1000)] | None = None
    is_default: Flag = False
    is_won: Flag = False
    is_lost: Flag = False
    is_second_default: Flag = False
    is_conditional_win: Flag = False
    is_shipped: Flag = False
    is_active: Flag = True
    position: Position | None = None
    rot_days: RotDays = 14


class StagePatch(Input):
    """What may change of a stage."""

    name: Annotated[str, Line(255)] = unsent()
    colour: Colour | None = None
    probability: Percent | None = None
    description: Annotated[str, Paragraphs(1000)] | None = None
    is_default: Flag = unsent()
    is_won: Flag = unsent()
    is_lost: Flag = unsent()
    is_second_default: Flag = unsent()
    is_conditional_win: Flag = unsent()
    is_shipped: Flag = unsent()
    is_active: Flag = unsent()
    position: Position = unsent()
    rot_days: RotDays = unsent()


class StageOut(Output):
    """A stage."""

    id: UUID
    version: int
    pipeline_id: UUID
    name: str
    colour: str | None
    probability: int | None
    description: str | None
    is_default: bool
    is_won: bool
    is_lost: bool
    is_second_default: bool
    is_conditional_win: bool
    is_shipped: bool
    is_active: bool
    position: int
    rot_days: int


@router.get("")
async def list_stages(
    pipeline_id: UUID,
    session: ReadSession,
    _: DictionaryReader,
    paging: Paging,
    deleted: DeletedEntries,
) -> Page[StageOut]:
    """List the stages of a pipeline in their order."""
    await get_pipeline(session, pipeline_id)
    page = await fetch_page(session, stages(pipeline_id, deleted=deleted), ORDER, paging)
    return page_of(page, StageOut.model_validate)


@router.post("", status_code=201)
async def create(
    pipeline_id: UUID,
    body: StageIn,
    response: Response,
    session: WriteSession,
    _: DictionaryManager,
) -> StageOut:
    """Add a stage; a flag it has is taken from the stage that had it."""
    stage = await create_stage(session, pipeline_id, body.model_dump())
    point_to(response, f"pipelines/{pipeline_id}/stages/{stage.id}", stage)
    return StageOut.model_validate(stage)


@router.get("/{stage_id}")
async def read(
    pipeline_id: UUID,
    stage_id: UUID,
    response: Response,
    session: ReadSession,
    _: DictionaryReader,
) -> StageOut:
    """Read a stage."""
    stage = await get_stage(session, pipeline_id, stage_id)
    tag(response, stage.version)
    return StageOut.model_validate(stage)


@router.patch("/{stage_id}")
async def update(
    pipeline_id: UUID,
    stage_id: UUID,
    *,
    body: StagePatch,
    response: Response,
    session: WriteSession,
    _: DictionaryManager,
    if_match: IfMatch,
) -> StageOut:
    """Edit a stage; a flag it gets is taken from the stage that had it."""
    stage = await lock_stage(session, pipeline_id, stage_id)
    expect_version(stage.version, if_match)
    await update_stage(session, stage, body.given())
    tag(response, stage.version)
    return StageOut.model_validate(stage)


@router.delete("/{stage_id}", status_code=204)
async def delete(
    pipeline_id: UUID,
    stage_id: UUID,
    session: WriteSession,
    _: DictionaryManager,
    if_match: IfMatch,
) -> Response:
    """Remove a stage without deals."""
    stage = await lock_stage(session, pipeline_id, stage_id)
    expect_version(stage.version, if_match)
    await delete_stage(session, stage)
    return Response(status_code=204)


@router.post("/{stage_id}/restore")  # noqa: FAST003 - taken by StageToRestore
async def restore(
    pipeline_id: UUID, stage: StageToRestore, response: Response, session: WriteSession
) -> StageOut:
    """Bring a deleted stage back, without the flags another one has by now. For administrators."""
    if stage.pipeline_id != pipeline_id:
        raise NotFound
    await restore_stage(session, stage)
    tag(response, stage.version)
    return StageOut.model_validate(stage)
