"""Requests."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.removal import Deleted
from chassis.http.timelines import Entry, Stretch, timeline_page
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from intake.api.callers import (
    RequestAdder,
    RequestDeleter,
    RequestEditor,
    RequestReader,
)
from intake.api.records_to_change import RequestToChange, RequestToMatch
from intake.api.request_schemas import RequestIn, RequestOut, RequestPatch, request_out
from intake.api.restoring import restore
from intake.commands import requests as commands
from intake.commands.relinking import lock_with_writer
from intake.domain.requests import SHOWN_BY_DEFAULT, State
from intake.models import Request
from intake.queries.candidates import name_candidates
from intake.queries.requests import (
    count_from_clients,
    get_request_row,
    visible_requests,
)
from intake.queries.search import equal_to
from kernel.pages import Page

router = APIRouter(prefix="/requests", tags=["requests"], route_class=Route)
ORDER = Order(
    {"received_at": Request.received_at, "created_at": Request.created_at},
    "-received_at",
    Request.id,
)


async def answer_request(
    session: AsyncSession, request_id: UUID, caller: Caller, response: Response
) -> RequestOut:
    """Answer one request with its version as ETag."""
    await session.flush()
    row = await get_request_row(session, request_id, caller)
    tag(response, row[0].version)
    counts = await count_from_clients(session, [row[0].client_id])
    return request_out(row, counts, await name_candidates(session, row[0].candidates, caller))


Change = Callable[[AsyncSession, Request, Caller], Awaitable[None]]


async def change_and_answer(
    session: AsyncSession, request: Request, caller: Caller, response: Response, change: Change
) -> RequestOut:
    """Change a locked request and answer it."""
    await change(session, request, caller)
    return await answer_request(session, request.id, caller, response)


@router.post("", status_code=201)
async def add_request(
    body: RequestIn, response: Response, session: WriteSession, caller: RequestAdder
) -> RequestOut:
    """Store a request that came by telephone or in person."""
    request = await commands.enter_request(session, caller, body.given())
    response.headers["Location"] = f"/v1/requests/{request.id}"
    return await answer_request(session, request.id, caller, response)


@router.get("")
async def list_requests(
    *,
    session: ReadSession,
    caller: RequestReader,
    paging: Paging,
    state: Annotated[list[State] | None, Query()] = None,
    owner_id: UUID | None = None,
    company_id: UUID | None = None,
    contact_id: UUID | None = None,
    lead_id: UUID | None = None,
    ticket: Annotated[str | None, Query(max_length=50)] = None,
    deleted: Deleted = False,
) -> Page[RequestOut]:
    """List requests; without `state` those out of business are left out, unless deleted."""
    if deleted:
        caller.require_everywhere("intake.request.delete")
    wanted = {
        Request.owner_id: owner_id,
        Request.company_id: company_id,
        Request.contact_id: contact_id,
        Request.lead_id: lead_id,
        Request.ticket: ticket,
    }
    query = visible_requests(caller, deleted=deleted).where(*equal_to(wanted))
    if state or not deleted:
        query = query.where(Request.state.in_(state or SHOWN_BY_DEFAULT))
    page = await fetch_page(session, query, ORDER, paging)
    counts = await count_from_clients(session, [row[0].client_id for row in page.rows])
    items = [request_out(row, counts) for row in page.rows]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.get("/{request_id}")
async def read_request(
    request_id: UUID, response: Response, session: ReadSession, caller: RequestReader
) -> RequestOut:
    """Answer a request, with whom it is tied to or could be tied to."""
    return await answer_request(session, request_id, caller, response)


@router.patch("/{request_id}")
async def change_request(
    *,
    request_id: UUID,
    body: RequestPatch,
    response: Response,
    session: WriteSession,
    caller: RequestEditor,
    if_match: IfMatch,
) -> RequestOut:
    """Change fields, links or owners of a request."""
    changes = body.given()
    request = await lock_with_writer(session, request_id, caller, changes)
    expect_version(request.version, if_match)
    await commands.edit_request(session, request, caller, changes)
    return await answer_request(session, request_id, caller, response)


@router.delete("/{request_id}", status_code=204)  # noqa: FAST003 - taken by RequestToChange
async def delete_request(
    session: WriteSession, caller: RequestDeleter, request: RequestToChange
) -> Response:
    """Remove a request that has no deal."""
    await commands.delete_request(session, request, caller)
    return Response(status_code=204)


@router.post("/{request_id}/rematch")  # noqa: FAST003 - taken by RequestToMatch
async def rematch(
    response: Response, session: WriteSession, caller: RequestEditor, request: RequestToMatch
) -> RequestOut:
    """Look again for who wrote a request."""
    return await change_and_answer(session, request, caller, response, commands.rematch_request)


@router.post("/{request_id}/confirm-links")  # noqa: FAST003 - taken by RequestToChange
async def confirm_links(
    response: Response, session: WriteSession, caller: RequestEditor, request: RequestToChange
) -> RequestOut:
    """Note that the links found are right."""
    return await change_and_answer(session, request, caller, response, commands.confirm_links)


@router.post("/{request_id}/restore")
async def restore_request(
    request_id: UUID,
    response: Response,
    session: WriteSession,
    caller: RequestDeleter,
    if_match: IfMatch,
) -> RequestOut:
    """Bring a deleted request back; for those who may delete any."""
    await restore(session, Request, request_id, caller, if_match)
    return await answer_request(session, request_id, caller, response)


@router.get("/{request_id}/timeline")
async def read_timeline(
    request_id: UUID, session: ReadSession, caller: RequestReader, asked: Stretch
) -> Page[Entry]:
    """Answer the history of a request, newest first."""
    await get_request_row(session, request_id, caller)
    return await timeline_page(session, "request", request_id, asked)
