"""Closing reasons."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.schemas import Flag, Input, Output
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from deals.api.answers import page_of, point_to
from deals.api.callers import DictionaryManager, DictionaryReader
from deals.api.deleted_records import DeletedEntries, ReasonToRestore
from deals.api.fields import Position, unsent
from deals.commands.closing_reasons import (
    create_closing_reason,
    delete_closing_reason,
    lock_closing_reason,
    restore_closing_reason,
    update_closing_reason,
)
from deals.models import ClosingReason
from deals.queries.pipelines import closing_reasons, get_closing_reason
from kernel.pages import Page
from kernel.text import Line

router = APIRouter(prefix="/closing-reasons", tags=["closing-reasons"], route_class=Route)
ORDER = Order(
    {"position": ClosingReason.position, "name": ClosingReason.name}, "position", ClosingReason.id
)

Result = Literal["won", "lost"]


class ClosingReasonIn(Input):
    """A new closing reason; without position it is the last one."""

    name: Annotated[str, Line(255)]
    outcome: Result
    department_id: UUID | None = None
    position: Position | None = None
    is_active: Flag = True
    is_irrelevant: Flag = False


class ClosingReasonPatch(Input):
    """What may change of a closing reason."""

    name: Annotated[str, Line(255)] = unsent()
    outcome: Result = unsent()
    department_id: UUID | None = None
    position: Position = unsent()
    is_active: Flag = unsent()
    is_irrelevant: Flag = unsent()


class ClosingReasonOut(Output):
    """A closing reason."""

    id: UUID
    version: int
    name: str
    outcome: Result
    department_id: UUID | None
    position: int
    is_active: bool
    is_irrelevant: bool


@router.get("")
async def list_closing_reasons(
    session: ReadSession,
    _: DictionaryReader,
    paging: Paging,
    deleted: DeletedEntries,
    outcome: Result | None = None,
    is_active: bool | None = None,  # noqa: FBT001 - a query parameter
) -> Page[ClosingReasonOut]:
    """List closing reasons in their order; `is_active=true` gives the drop-down."""
    query = closing_reasons(deleted=deleted)
    if outcome:
        query = query.where(ClosingReason.outcome == outcome)
    if is_active is not None:
        query = query.where(ClosingReason.is_active == is_active)
    page = await fetch_page(session, query, ORDER, paging)
    return page_of(page, ClosingReasonOut.model_validate)


@router.post("", status_code=201)
async def create(
    body: ClosingReasonIn, response: Response, session: WriteSession, _: DictionaryManager
) -> ClosingReasonOut:
    """Add a closing reason."""
    reason = await create_closing_reason(session, body.model_dump())
    point_to(response, f"closing-reasons/{reason.id}", reason)
    return ClosingReasonOut.model_validate(reason)


@router.get("/{reason_id}")
async def read(
    reason_id: UUID, response: Response, session: ReadSession, _: DictionaryReader
) -> ClosingReasonOut:
    """Read a closing reason."""
    reason = await get_closing_reason(session, reason_id)
    tag(response, reason.version)
    return ClosingReasonOut.model_validate(reason)


@router.patch("/{reason_id}")
async def update(
    reason_id: UUID,
    body: ClosingReasonPatch,
    response: Response,
    session: WriteSession,
    _: DictionaryManager,
    if_match: IfMatch,
) -> ClosingReasonOut:
    """Edit a closing reason."""
    reason = await lock_closing_reason(session, reason_id)
    expect_version(reason.version, if_match)
    await update_closing_reason(session, reason, body.given())
    tag(response, reason.version)
    return ClosingReasonOut.model_validate(reason)


@router.delete("/{reason_id}", status_code=204)
async def delete(
    reason_id: UUID, session: WriteSession, _: DictionaryManager, if_match: IfMatch
) -> Response:
    """Remove a closing reason no deal has."""
    reason = await lock_closing_reason(session, reason_id)
    expect_version(reason.version, if_match)
    await delete_closing_reason(session, reason)
    return Response(status_code=204)


@router.post("/{reason_id}/restore")  # noqa: FAST003 - taken by ReasonToRestore
async def restore(
    reason: ReasonToRestore, response: Response, session: WriteSession
) -> ClosingReasonOut:
    """Bring a deleted closing reason back. For administrators."""
    await restore_closing_reason(session, reason)
    tag(response, reason.version)
    return ClosingReasonOut.model_validate(reason)
