"""Lead statuses."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from chassis.http.removal import Deleted
from chassis.http.schemas import Flag, Input
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from intake.api.callers import (
    DictionaryManager,
    DictionaryReader,
    for_dictionary_managers,
    for_dictionary_readers,
)
from intake.api.records import RecordOut
from intake.commands import lead_statuses as commands
from intake.models import LeadStatus
from intake.queries.dictionaries import get_entry, list_statuses
from kernel.pages import Page
from kernel.text import Line

router = APIRouter(prefix="/lead-statuses", tags=["lead-statuses"], route_class=Route)
StatusName = Annotated[str, Line(255)]


class StatusPatch(Input):
    """The fields of a status that can be changed."""

    name: StatusName = ""
    colour: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#6b7280"
    is_default: Flag = False
    is_final: Flag = False
    qualified: Flag = False


class StatusIn(StatusPatch):
    """A status an administrator adds."""

    name: StatusName


class StatusOrder(Input):
    """The statuses in the order they shall have."""

    ids: Annotated[list[UUID], Field(max_length=500)]


class LeadStatusOut(RecordOut):
    """A status; `code` names those the suite itself knows."""

    code: str | None
    name: str
    colour: str
    is_default: bool
    is_final: bool
    qualified: bool
    position: int


@router.get("")
async def list_lead_statuses(
    *, session: ReadSession, caller: DictionaryReader, deleted: Deleted = False
) -> Page[LeadStatusOut]:
    """List the statuses in the order of the board."""
    if deleted:
        caller.require_everywhere("intake.dictionary.manage")
    statuses = await list_statuses(session, deleted=deleted)
    items = [LeadStatusOut.model_validate(status) for status in statuses]
    return Page(items=items, next_cursor=None)


@router.post("", status_code=201, dependencies=[for_dictionary_managers])
async def add_status(body: StatusIn, response: Response, session: WriteSession) -> LeadStatusOut:
    """Add a status after the last one."""
    given = {"colour": body.colour, **body.given()}
    status = await commands.create_status(session, given)
    response.headers["Location"] = f"/v1/lead-statuses/{status.id}"
    tag(response, status.version)
    return LeadStatusOut.model_validate(status)


@router.get("/{status_id}", dependencies=[for_dictionary_readers])
async def read_status(status_id: UUID, response: Response, session: ReadSession) -> LeadStatusOut:
    """Answer a status."""
    status = await get_entry(session, LeadStatus, status_id)
    tag(response, status.version)
    return LeadStatusOut.model_validate(status)


@router.put("/order", dependencies=[for_dictionary_managers])
async def order_statuses(body: StatusOrder, session: WriteSession) -> Page[LeadStatusOut]:
    """Put the statuses in order; those left out follow in their old one."""
    ordered = await commands.order_statuses(session, body.ids)
    items = [LeadStatusOut.model_validate(status) for status in ordered]
    return Page(items=items, next_cursor=None)


@router.patch("/{status_id}", dependencies=[for_dictionary_managers])
async def change_status(
    *,
    status_id: UUID,
    body: StatusPatch,
    response: Response,
    session: WriteSession,
    if_match: IfMatch,
) -> LeadStatusOut:
    """Change a status."""
    status = await commands.lock_status(session, status_id)
    expect_version(status.version, if_match)
    await commands.edit_status(session, status, body.given())
    tag(response, status.version)
    return LeadStatusOut.model_validate(status)


@router.delete("/{status_id}", status_code=204, dependencies=[for_dictionary_managers])
async def delete_status(status_id: UUID, session: WriteSession, if_match: IfMatch) -> Response:
    """Remove a status no lead has."""
    status = await commands.lock_status(session, status_id, to_delete=True)
    expect_version(status.version, if_match)
    await commands.delete_status(session, status)
    return Response(status_code=204)


@router.post("/{status_id}/restore")
async def restore_status(
    status_id: UUID,
    response: Response,
    session: WriteSession,
    caller: DictionaryManager,
    if_match: IfMatch,
) -> LeadStatusOut:
    """Bring a deleted status back; for those who may manage any."""
    caller.require_everywhere("intake.dictionary.manage")
    status = await commands.lock_deleted_status(session, status_id)
    expect_version(status.version, if_match)
    await commands.restore_status(session, status)
    tag(response, status.version)
    return LeadStatusOut.model_validate(status)
