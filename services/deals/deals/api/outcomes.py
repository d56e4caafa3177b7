"""Intentions that move, close and reopen a deal."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.auth import Caller
from chassis.http.unit import IfMatch, Route, WriteSession, expect_version, tag
from deals.api.callers import DealsCloser, DealsMover, DealsReopener
from deals.api.deal_schemas import CloseIn, DealOut, MoveIn, ReopenIn
from deals.api.deal_views import show_deal
from deals.commands.outcome import Actor, move_deal, reopen_deal, win_or_lose_deal
from deals.domain.outcome import Why
from deals.models import Deal
from deals.queries.deals import lock_deal
from deals.queries.placing import find_stage
from kernel.errors import invalid

router = APIRouter(prefix="/deals/{deal_id}", tags=["deals"], route_class=Route)


@router.post("/move")
async def move(
    deal_id: UUID,
    body: MoveIn,
    *,
    response: Response,
    session: WriteSession,
    caller: DealsMover,
    if_match: IfMatch,
) -> DealOut:
    """Put a deal into another stage of its pipeline."""
    deal = await _lock(session, deal_id, caller, if_match, "move")
    stage = await find_stage(session, deal.pipeline_id, body.stage_id)
    if stage is None:
        raise invalid("stage_id", "is not among the stages of the deal's pipeline", "stage_unknown")
    await move_deal(session, deal, stage, Actor("board", caller), Why(body.reason_id, body.note))
    return await _answer(session, deal, response, caller)


@router.post("/win")
async def win(
    deal_id: UUID,
    body: CloseIn,
    *,
    response: Response,
    session: WriteSession,
    caller: DealsCloser,
    if_match: IfMatch,
) -> DealOut:
    """Close an open deal as won."""
    deal = await _lock(session, deal_id, caller, if_match, "close")
    why = Why(body.reason_id, body.note)
    await win_or_lose_deal(session, deal, "won", Actor("form", caller), why)
    return await _answer(session, deal, response, caller)


@router.post("/lose")
async def lose(
    deal_id: UUID,
    body: CloseIn,
    *,
    response: Response,
    session: WriteSession,
    caller: DealsCloser,
    if_match: IfMatch,
) -> DealOut:
    """Close an open deal as lost."""
    deal = await _lock(session, deal_id, caller, if_match, "close")
    why = Why(body.reason_id, body.note)
    await win_or_lose_deal(session, deal, "lost", Actor("form", caller), why)
    return await _answer(session, deal, response, caller)


@router.post("/reopen")
async def reopen(
    deal_id: UUID,
    body: ReopenIn,
    *,
    response: Response,
    session: WriteSession,
    caller: DealsReopener,
    if_match: IfMatch,
) -> DealOut:
    """Reopen a closed deal, by default in the stage before it was closed."""
    deal = await _lock(session, deal_id, caller, if_match, "reopen")
    await reopen_deal(session, deal, body.given().get("stage_id"), Actor("form", caller))
    return await _answer(session, deal, response, caller)


async def _lock(
    session: WriteSession, deal_id: UUID, caller: Caller, if_match: int | None, right: str
) -> Deal:
    deal = await lock_deal(session, deal_id, caller)
    expect_version(deal.version, if_match)
    caller.require(f"deals.deal.{right}", deal)
    return deal


async def _answer(session: WriteSession, deal: Deal, response: Response, caller: Caller) -> DealOut:
    tag(response, deal.version)
    return await show_deal(session, deal.id, caller)
