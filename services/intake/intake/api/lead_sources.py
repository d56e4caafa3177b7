"""Lead sources."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.http.paging import Order, Paging
from chassis.http.removal import Deleted
from chassis.http.schemas import Flag, Input
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from intake.api.answers import answer_page
from intake.api.callers import (
    DictionaryManager,
    DictionaryReader,
    for_dictionary_managers,
    for_dictionary_readers,
)
from intake.api.records import RecordOut
from intake.commands import lead_sources as commands
from intake.models import LeadSource
from intake.queries.dictionaries import get_entry, lock_source, select_sources
from intake.queries.removed import lock_removed
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


@router.get("")
async def list_lead_sources(
    *,
    session: ReadSession,
    caller: DictionaryReader,
    paging: Paging,
    active: bool | None = None,
    deleted: Deleted = False,
) -> Page[SourceOut]:
    """List the sources by name."""
    if deleted:
        caller.require_everywhere("intake.dictionary.manage")
    query = select_sources(active=active, deleted=deleted)
    return await answer_page(session, query, ORDER, paging, SourceOut.model_validate)


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
    source = await lock_source(session, source_id, to_delete=True)
    expect_version(source.version, if_match)
    await commands.delete_source(session, source)
    return Response(status_code=204)


@router.post("/{source_id}/restore")
async def restore_source(
    source_id: UUID,
    response: Response,
    session: WriteSession,
    caller: DictionaryManager,
    if_match: IfMatch,
) -> SourceOut:
    """Bring a deleted source back; for those who may manage any."""
    caller.require_everywhere("intake.dictionary.manage")
    source = await lock_removed(session, LeadSource, source_id)
    expect_version(source.version, if_match)
    await commands.restore_source(session, source)
    tag(response, source.version)
    return SourceOut.model_validate(source)
