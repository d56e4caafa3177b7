"""Lead sources."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.http.paging import Order, Paging
from chassis.http.schemas import Flag, Input
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from intake.api.answers import answer_page
from intake.api.callers import for_dictionary_managers, for_dictionary_readers
from intake.api.records import RecordOut
from intake.commands import lead_sources as commands
from intake.models import LeadSource
from intake.queries.dictionaries import get_entry, live_sources, lock_source
from kernel.pages import Page
from kernel.text import Line

router = APIRouter(prefix="/lead-sources", tags=["lead-sources"], route_class=Route)
ORDER = Order({"name": LeadSource.name_key}, "name", LeadSource.id)
SourceName = Annotated[str, Line(255)]


class SourcePatch(Input):
    """The fields of a source that can be changed."""

    name: SourceName = ""
    active: Flag = True


class SourceIn(SourcePatch):
    """A source an administrator adds; without department it is for all of them."""

    name: SourceName
    department_id: UUID | None = None


class SourceOut(RecordOut):
    """A source."""

    name: str
    department_id: UUID | None
    active: bool


@router.get("", dependencies=[for_dictionary_readers])
async def list_lead_sources(
    *, session: ReadSession, paging: Paging, active: bool | None = None
) -> Page[SourceOut]:
    """List the sources by name."""
    return await answer_page(
        session, live_sources(active=active), ORDER, paging, SourceOut.model_validate
    )


@router.post("", status_code=201, dependencies=[for_dictionary_managers])
async def add_source(body: SourceIn, response: Response, session: WriteSession) -> SourceOut:
    """Add a source."""
    source = await commands.create_source(session, body.given())
    response.headers["Location"] = f"/v1/lead-sources/{source.id}"
    tag(response, source.version)
    return SourceOut.model_validate(source)


@router.get("/{source_id}", dependencies=[for_dictionary_readers])
async def read_source(source_id: UUID, response: Response, session: ReadSession) -> SourceOut:
    """Answer a source."""
    source = await get_entry(session, LeadSource, source_id)
    tag(response, source.version)
    return SourceOut.model_validate(source)


@router.patch("/{source_id}", dependencies=[for_dictionary_managers])
async def change_source(
    *,
    source_id: UUID,
    body: SourcePatch,
    response: Response,
    session: WriteSession,
    if_match: IfMatch,
) -> SourceOut:
    """Rename a source, or switch it on or off."""
    source = await lock_source(session, source_id)
    expect_version(source.version, if_match)
    await commands.edit_source(session, source, body.given())
    tag(response, source.version)
    return SourceOut.model_validate(source)


@router.delete("/{source_id}", status_code=204, dependencies=[for_dictionary_managers])
async def delete_source(source_id: UUID, session: WriteSession, if_match: IfMatch) -> Response:
    """Remove a source nothing names."""
    source = await lock_source(session, source_id)
    expect_version(source.version, if_match)
    await commands.delete_source(session, source)
    return Response(status_code=204)
