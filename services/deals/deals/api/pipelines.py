"""Pipelines: list, order, add, edit, remove, restore."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.schemas import Flag, Input, Output
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from deals.api.answers import page_of, point_to
from deals.api.callers import DictionaryManager, DictionaryReader
from deals.api.deleted_records import DeletedEntries, PipelineToRestore
from deals.api.fields import unsent
from deals.commands.pipelines import (
    create_pipeline,
    delete_pipeline,
    lock_pipeline,
    order_pipelines,
    restore_pipeline,
    update_pipeline,
)
from deals.commands.shipped import ensure_a_pipeline
from deals.domain.shipped import Template
from deals.models import Pipeline
from deals.queries.pipelines import get_pipeline, pipelines
from kernel.pages import Page
from kernel.text import Line, Paragraphs

router = APIRouter(prefix="/pipelines", tags=["pipelines"], route_class=Route)
ORDER = Order({"position": Pipeline.position, "name": Pipeline.name}, "position", Pipeline.id)


class PipelineIn(Input):
    """A new pipeline; from a template it has the stages of that shipped pipeline, else none."""

    name: Annotated[str, Line(255)]
    description: Annotated[str, Paragraphs(1000)] | None = None
    is_active: Flag = True
    is_default: Flag = False
    department_id: UUID | None = None
    template: Template | None = None


class PipelinePatch(Input):
    """What may change of a pipeline."""

    name: Annotated[str, Line(255)] = unsent()
    description: Annotated[str, Paragraphs(1000)] | None = None
    is_active: Flag = unsent()
    is_default: Flag = unsent()
    department_id: UUID | None = None


class PipelineOrder(Input):
    """The ids of the pipelines in the order wanted."""

    ids: Annotated[list[UUID], Field(max_length=1000)]


class PipelineOut(Output):
    """A pipeline."""

    id: UUID
    version: int
    name: str
    description: str | None
    is_active: bool
    is_default: bool
    department_id: UUID | None
    position: int


@router.get("")
async def list_pipelines(
    session: ReadSession,
    _: DictionaryReader,
    paging: Paging,
    deleted: DeletedEntries,
    is_active: bool | None = None,  # noqa: FBT001 - a query parameter
) -> Page[PipelineOut]:
    """List pipelines in their order; `is_active=true` gives the selector for new deals."""
    query = pipelines(deleted=deleted)
    if is_active is not None:
        query = query.where(Pipeline.is_active == is_active)
    page = await fetch_page(session, query, ORDER, paging)
    return page_of(page, PipelineOut.model_validate)


@router.post("", status_code=201)
async def create(
    body: PipelineIn, response: Response, session: WriteSession, _: DictionaryManager
) -> PipelineOut:
    """Add a pipeline at the end of the list."""
    pipeline = await create_pipeline(session, body.model_dump(exclude={"template"}), body.template)
    point_to(response, f"pipelines/{pipeline.id}", pipeline)
    return PipelineOut.model_validate(pipeline)


@router.put("/order", status_code=204)
async def reorder(body: PipelineOrder, session: WriteSession, _: DictionaryManager) -> Response:
    """Store the order of the pipelines; those left out follow."""
    await order_pipelines(session, body.ids)
    return Response(status_code=204)


@router.get("/{pipeline_id}")
async def read(
    pipeline_id: UUID, response: Response, session: ReadSession, _: DictionaryReader
) -> PipelineOut:
    """Read a pipeline."""
    pipeline = await get_pipeline(session, pipeline_id)
    tag(response, pipeline.version)
    return PipelineOut.model_validate(pipeline)


@router.patch("/{pipeline_id}")
async def update(
    pipeline_id: UUID,
    body: PipelinePatch,
    response: Response,
    session: WriteSession,
    _: DictionaryManager,
    if_match: IfMatch,
) -> PipelineOut:
    """Edit a pipeline."""
    pipeline = await lock_pipeline(session, pipeline_id)
    expect_version(pipeline.version, if_match)
    await update_pipeline(session, pipeline, body.given())
    tag(response, pipeline.version)
    return PipelineOut.model_validate(pipeline)


@router.delete("/{pipeline_id}", status_code=204)
async def delete(
    pipeline_id: UUID, session: WriteSession, _: DictionaryManager, if_match: IfMatch
) -> Response:
    """Remove an empty pipeline that is not the default one; the last is replaced by a new one."""
    pipeline = await lock_pipeline(session, pipeline_id)
    expect_version(pipeline.version, if_match)
    await delete_pipeline(session, pipeline)
    await ensure_a_pipeline(session)
    return Response(status_code=204)


@router.post("/{pipeline_id}/restore")  # noqa: FAST003 - taken by PipelineToRestore
async def restore(
    pipeline: PipelineToRestore, response: Response, session: WriteSession
) -> PipelineOut:
    """Bring a deleted pipeline back, without its stages. For administrators."""
    await restore_pipeline(session, pipeline)
    tag(response, pipeline.version)
    return PipelineOut.model_validate(pipeline)
