"""Deals: list, totals, read, make, edit, remove, restore, timeline."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis import audit
from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from deals.api.callers import DealsAdder, DealsChanger, DealsReader, DealsRemover
from deals.api.deal_filters import Filter
from deals.api.deal_schemas import DealIn, DealItem, DealOut, DealPatch, TimelineEntry, TotalsOut
from deals.api.deal_views import page_of_deals, show_deal
from deals.commands.closing import change_reason
from deals.commands.deals import create_deal, delete_deal, edit_deal, place_deal, restore_deal
from deals.commands.outcome import Actor
from deals.queries.conversions import reporting_conversion
from deals.queries.deal_list import SORTS, conditions, select_deals
from deals.queries.deals import deal as deal_columns
from deals.queries.deals import get_deal, lock_deal, lock_removed_deal
from deals.queries.search import find_clients
from deals.queries.totals import find_total
from kernel.errors import Forbidden
from kernel.pages import Page

router = APIRouter(prefix="/deals", tags=["deals"], route_class=Route)

ORDER = Order(SORTS, "-created_at", deal_columns.id)
ELSEWHERE = ("pipeline_id", "stage_id", "reason_id", "note")


@router.get("", response_model=Page[DealItem])
async def list_deals(
    session: ReadSession, caller: DealsReader, paging: Paging, wanted: Filter
) -> Response:
    """List deals, open ones unless said otherwise, newest first."""
    clients = await find_clients(session, wanted.q)
    page = await fetch_page(session, select_deals(caller, wanted, clients), ORDER, paging)
    return page_of_deals(page)


@router.get("/totals")
async def read_totals(session: ReadSession, caller: DealsReader, wanted: Filter) -> TotalsOut:
    """Count the deals a filter finds and add them up in the reporting currency."""
    conversion = await reporting_conversion(session)
    found = conditions(caller, wanted, await find_clients(session, wanted.q))
    total = await find_total(session, found, conversion)
    return TotalsOut.model_validate(total)


@router.post("", status_code=201)
async def create(
    body: DealIn, response: Response, session: WriteSession, caller: DealsAdder
) -> DealOut:
    """Make a deal; without owner named it is the caller's."""
    deal = await create_deal(session, body.columns(), caller)
    response.headers["Location"] = f"/v1/deals/{deal.id}"
    tag(response, deal.version)
    return await show_deal(session, deal.id, caller)


@router.get("/{deal_id}")
async def read(
    deal_id: UUID, response: Response, session: ReadSession, caller: DealsReader
) -> DealOut:
    """Read a deal with everything its page shows."""
    deal = await show_deal(session, deal_id, caller)
    tag(response, deal.version)
    return deal


@router.patch("/{deal_id}")
async def update(
    deal_id: UUID,
    body: DealPatch,
    *,
    response: Response,
    session: WriteSession,
    caller: DealsChanger,
    if_match: IfMatch,
) -> DealOut:
    """Edit a deal; stage, pipeline and closing reason move, close and reopen it."""
    deal = await lock_deal(session, deal_id, caller)
    expect_version(deal.version, if_match)
    caller.require("deals.deal.change", deal)
    given = body.columns()
    elsewhere = {name: given.pop(name) for name in ELSEWHERE if name in given}
    actor = Actor("form", caller)
    await edit_deal(session, deal, given)
    if elsewhere.keys() & {"pipeline_id", "stage_id"}:
        await place_deal(session, deal, elsewhere, actor)
    if elsewhere.keys() & {"reason_id", "note"}:
        await change_reason(session, deal, elsewhere, actor)
    tag(response, deal.version)
    return await show_deal(session, deal_id, caller)


@router.delete("/{deal_id}", status_code=204)
async def delete(
    deal_id: UUID, session: WriteSession, caller: DealsRemover, if_match: IfMatch
) -> Response:
    """Remove a deal without received payments and shipped lines."""
    deal = await lock_deal(session, deal_id, caller)
    expect_version(deal.version, if_match)
    caller.require("deals.deal.delete", deal)
    await delete_deal(session, deal)
    return Response(status_code=204)


@router.post("/{deal_id}/restore")
async def restore(
    deal_id: UUID, response: Response, session: WriteSession, caller: DealsRemover
) -> DealOut:
    """Bring a removed deal back; for those who may remove any deal."""
    if caller.rights["deals.deal.delete"] != "all":
        raise Forbidden("Only administrators restore deals.", right="deals.deal.delete")
    deal = await lock_removed_deal(session, deal_id)
    await restore_deal(session, deal)
    tag(response, deal.version)
    return await show_deal(session, deal_id, caller)


@router.get("/{deal_id}/timeline")
async def read_timeline(
    deal_id: UUID,
    session: ReadSession,
    caller: DealsReader,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> Page[TimelineEntry]:
    """Answer every change of a deal, its lines and payments, newest first."""
    await get_deal(session, deal_id, caller)
    entries = await audit.timeline(session, "deal", deal_id, before=cursor, limit=limit + 1)
    items = [TimelineEntry.model_validate(entry) for entry in entries[:limit]]
    return Page(items=items, next_cursor=str(items[-1].id) if len(entries) > limit else None)
