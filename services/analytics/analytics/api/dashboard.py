"""GET /dashboard: what a working day starts with."""

from fastapi import APIRouter

from analytics.api.asked import AskedFilters, AskedFrame
from analytics.api.callers import DashboardReader
from analytics.domain.dashboard import Dashboard
from analytics.queries.dashboard import VIEW, get_dashboard
from analytics.queries.deals_by_month import Basis
from analytics.queries.records import Asked
from chassis.http.unit import ReadSession, Route

router = APIRouter(prefix="/dashboard", tags=["dashboard"], route_class=Route)


@router.get("")
async def read_dashboard(
    *,
    session: ReadSession,
    caller: DashboardReader,
    filters: AskedFilters,
    frame: AskedFrame,
    basis: Basis = "closed",
    include_promoted: bool = True,
) -> Dashboard:
    """Answer all blocks in one call; those the caller has no right to are absent."""
    choices = {"basis": basis, "include_promoted": include_promoted}
    asked = Asked(caller, VIEW, filters, choices)
    return await get_dashboard(session, asked, frame, basis, promoted=include_promoted)
