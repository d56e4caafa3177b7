"""Decisions about requests, and the deals made from them."""

from functools import partial

from fastapi import APIRouter, Response

from chassis.http.unit import Route, WriteSession
from intake.api.callers import DealMaker, RequestRejecter, RequestValidator
from intake.api.records_to_change import RequestToChange, RequestToMatch
from intake.api.request_schemas import DealPromise, DealWish, Rejection, Repetition, RequestOut
from intake.api.requests import change_and_answer
from intake.commands import request_states as commands

router = APIRouter(prefix="/requests/{request_id}", tags=["requests"], route_class=Route)


@router.post("/validate")
async def validate(
    response: Response, session: WriteSession, caller: RequestValidator, request: RequestToMatch
) -> RequestOut:
    """Note that a request is genuine."""
    return await change_and_answer(session, request, caller, response, commands.validate_request)


@router.post("/reject")
async def reject(
    body: Rejection,
    response: Response,
    session: WriteSession,
    caller: RequestRejecter,
    request: RequestToChange,
) -> RequestOut:
    """Mark a request as irrelevant, or as one nobody can fulfil."""
    rejected = partial(commands.decide_request, state=body.state, reason=body.reason)
    return await change_and_answer(session, request, caller, response, rejected)


@router.post("/mark-duplicate")
async def mark_duplicate(
    response: Response,
    session: WriteSession,
    caller: RequestRejecter,
    request: RequestToChange,
    body: Repetition | None = None,
) -> RequestOut:
    """Mark a request as one that repeats another."""
    original_id = body.original_id if body else None
    marked = partial(commands.decide_request, state="duplicate", original_id=original_id)
    return await change_and_answer(session, request, caller, response, marked)


@router.post("/close")
async def close(
    response: Response, session: WriteSession, caller: RequestValidator, request: RequestToChange
) -> RequestOut:
    """Close a case."""
    closed = partial(commands.decide_request, state="closed")
    return await change_and_answer(session, request, caller, response, closed)


@router.post("/reopen")
async def reopen(
    response: Response, session: WriteSession, caller: RequestValidator, request: RequestToChange
) -> RequestOut:
    """Make a decided request pending again."""
    return await change_and_answer(session, request, caller, response, commands.reopen_request)


@router.post("/deal", status_code=201)
async def make_deal(
    response: Response,
    session: WriteSession,
    caller: DealMaker,
    request: RequestToMatch,
    body: DealWish | None = None,
) -> DealPromise:
    """Make a deal from a request, which is validated by this."""
    wish = body or DealWish()
    deal_id = await commands.request_deal(
        session,
        request,
        caller,
        pipeline_id=wish.pipeline_id,
        stage_id=wish.stage_id,
        amount=wish.amount,
    )
    response.headers["Location"] = f"/v1/requests/{request.id}"
    return DealPromise(deal_id=deal_id, request_id=request.id, version=request.version)
