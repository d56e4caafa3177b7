"""Decisions about requests, and the deals made from them."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.http.unit import Route, WriteSession
from intake.api.callers import DealMaker, RequestRejecter, RequestValidator
from intake.api.request_schemas import DealPromise, DealWish, Rejection, Repetition, RequestOut
from intake.api.requests import change_and_answer
from intake.commands import request_states as commands
from intake.commands.relinking import lock_with_writer
from intake.queries.requests import lock_request

router = APIRouter(prefix="/requests", tags=["requests"], route_class=Route)


@router.post("/{request_id}/validate")
async def validate(
    request_id: UUID, response: Response, session: WriteSession, caller: RequestValidator
) -> RequestOut:
    """Note that a request is genuine."""
    request = await lock_with_writer(session, request_id, caller)
    return await change_and_answer(session, request, caller, response, commands.validate_request)


@router.post("/{request_id}/reject")
async def reject(
    request_id: UUID,
    body: Rejection,
    response: Response,
    session: WriteSession,
    caller: RequestRejecter,
) -> RequestOut:
    """Mark a request as irrelevant, or as one nobody can fulfil."""
    request = await lock_request(session, request_id, caller)
    rejected = partial(commands.decide_request, state=body.state, reason=body.reason)
    return await change_and_answer(session, request, caller, response, rejected)


@router.post("/{request_id}/mark-duplicate")
async def mark_duplicate(
    request_id: UUID,
    response: Response,
    session: WriteSession,
    caller: RequestRejecter,
    body: Repetition | None = None,
) -> RequestOut:
    """Mark a request as one that repeats another."""
    request = await lock_request(session, request_id, caller)
    original_id = body.original_id if body else None
    marked = partial(commands.decide_request, state="duplicate", original_id=original_id)
    return await change_and_answer(session, request, caller, response, marked)


@router.post("/{request_id}/close")
async def close(
    request_id: UUID, response: Response, session: WriteSession, caller: RequestValidator
) -> RequestOut:
    """Close a case."""
    request = await lock_request(session, request_id, caller)
    closed = partial(commands.decide_request, state="closed")
    return await change_and_answer(session, request, caller, response, closed)


@router.post("/{request_id}/reopen")
async def reopen(
    request_id: UUID, response: Response, session: WriteSession, caller: RequestValidator
) -> RequestOut:
    """Make a decided request pending again."""
    request = await lock_request(session, request_id, caller)
    return await change_and_answer(session, request, caller, response, commands.reopen_request)


@router.post("/{request_id}/deal", status_code=201)
async def make_deal(
    request_id: UUID,
    response: Response,
    session: WriteSession,
    caller: DealMaker,
    body: DealWish | None = None,
) -> DealPromise:
    """Make a deal from a request, which is validated by this."""
    request = await lock_with_writer(session, request_id, caller)
    wish = body or DealWish()
    deal_id = await commands.request_deal(
        session,
        request,
        caller,
        pipeline_id=wish.pipeline_id,
        stage_id=wish.stage_id,
        amount=wish.amount,
    )
    response.headers["Location"] = f"/v1/requests/{request_id}"
    return DealPromise(deal_id=deal_id, request_id=request_id, version=request.version)
