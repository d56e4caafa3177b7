"""Intentions that move, close and reopen a deal."""

from fastapi import APIRouter, Response

from chassis.http.unit import Route, WriteSession
from deals.api.callers import DealsCloser, DealsMover, DealsReopener
from deals.api.deal_schemas import CloseIn, DealOut, MoveIn, ReopenIn
from deals.api.deal_views import show_changed
from deals.api.deals_to_change import DealToClose, DealToMove, DealToReopen
from deals.commands.outcome import Actor, move_deal, reopen_deal, win_or_lose_deal
from deals.queries.placing import choose_stage

router = APIRouter(prefix="/deals/{deal_id}", tags=["deals"], route_class=Route)


@router.post("/move")
async def move(
    body: MoveIn, response: Response, session: WriteSession, caller: DealsMover, deal: DealToMove
) -> DealOut:
    """Put a deal into another stage of its pipeline."""
    stage = await choose_stage(session, deal.pipeline_id, body.stage_id)
    await move_deal(session, deal, stage, Actor("board", caller), body.why())
    return await show_changed(session, deal, response)


@router.post("/win")
async def win(
    body: CloseIn, response: Response, session: WriteSession, caller: DealsCloser, deal: DealToClose
) -> DealOut:
    """Close an open deal as won."""
    await win_or_lose_deal(session, deal, "won", Actor("form", caller), body.why())
    return await show_changed(session, deal, response)


@router.post("/lose")
async def lose(
    body: CloseIn, response: Response, session: WriteSession, caller: DealsCloser, deal: DealToClose
) -> DealOut:
    """Close an open deal as lost."""
    await win_or_lose_deal(session, deal, "lost", Actor("form", caller), body.why())
    return await show_changed(session, deal, response)


@router.post("/reopen")
async def reopen(
    body: ReopenIn,
    response: Response,
    session: WriteSession,
    caller: DealsReopener,
    deal: DealToReopen,
) -> DealOut:
    """Reopen a closed deal, by default in the stage before it was closed."""
    await reopen_deal(session, deal, body.given().get("stage_id"), Actor("form", caller))
    return await show_changed(session, deal, response)
