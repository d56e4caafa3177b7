"""Deals: list, totals, read, make, edit, remove, restore, timeline."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.timelines import Entry, Stretch, timeline_page
from chassis.http.unit import ReadSession, Route, WriteSession, tag
from deals.api.answers import point_to
from deals.api.callers import DealsAdder, DealsChanger, DealsReader, DealsRemover
from deals.api.deal_filters import Filter
from deals.api.deal_schemas import DealIn, DealItem, DealOut, DealPatch, TotalsOut
from deals.api.deal_views import page_of_deals, show_changed, show_deal
from deals.api.deals_to_change import DealToChange, DealToDelete
from deals.api.deleted_records import DealToRestore
from deals.commands.deals import create_deal, delete_deal, restore_deal
from deals.commands.edits import change_deal
from deals.commands.outcome import Actor
from deals.queries.conversions import reporting_conversion
from deals.queries.deal_list import SORTS, conditions, select_deals
from deals.queries.deals import deal as deal_columns
from deals.queries.deals import get_deal
from deals.queries.search import find_clients
from deals.queries.totals import find_total
from kernel.pages import Page

router = APIRouter(prefix="/deals", tags=["deals"], route_class=Route)

ORDER = Order(SORTS, "-created_at", deal_columns.id)


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
    point_to(response, f"deals/{deal.id}", deal)
    return await show_changed(session, deal, response)


@router.get("/{deal_id}")
async def read(
    deal_id: UUID, response: Response, session: ReadSession, caller: DealsReader
) -> DealOut:
    """Read a deal with everything its page shows."""
    deal = await show_deal(session, deal_id, caller)
    tag(response, deal.version)
    return deal


@router.patch("/{deal_id}")  # noqa: FAST003 - taken by DealToChange
async def update(
    body: DealPatch,
    response: Response,
    session: WriteSession,
    caller: DealsChanger,
    deal: DealToChange,
) -> DealOut:
    """Edit a deal; stage, pipeline and closing reason move, close and reopen it."""
    await change_deal(session, deal, body.columns(), Actor("form", caller))
    return await show_changed(session, deal, response)


@router.delete("/{deal_id}", status_code=204)  # noqa: FAST003 - taken by DealToDelete
async def delete(session: WriteSession, _: DealsRemover, deal: DealToDelete) -> Response:
    """Remove a deal without received payments and shipped lines."""
    await delete_deal(session, deal)
    return Response(status_code=204)


@router.post("/{deal_id}/restore")  # noqa: FAST003 - taken by DealToRestore
async def restore(response: Response, session: WriteSession, deal: DealToRestore) -> DealOut:
    """Bring a deleted deal back. For administrators."""
    await restore_deal(session, deal)
    return await show_changed(session, deal, response)


@router.get("/{deal_id}/timeline")
async def read_timeline(
    deal_id: UUID, session: ReadSession, caller: DealsReader, asked: Stretch
) -> Page[Entry]:
    """Answer every change of a deal, its lines and payments, newest first."""
    await get_deal(session, deal_id, caller)
    return await timeline_page(session, "deal", deal_id, asked)
