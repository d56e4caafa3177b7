"""GET /reports/...: each answers its table and its series in one JSON (ANA-018)."""

from typing import Annotated

from fastapi import APIRouter, Depends

from analytics.api.asked import AskedFilters, AskedFrame, asked_period
from analytics.api.callers import (
    INCOME,
    PIPELINE,
    REPORT,
    IncomeReader,
    PipelineReader,
    ReportReader,
)
from analytics.domain.income import IncomeReport
from analytics.domain.lead_sources import LeadSources
from analytics.domain.periods import WINDOW, Period, last_days, last_months
from analytics.domain.pipeline import PipelineReport
from analytics.domain.win_loss import WinLoss
from analytics.queries.income import get_income
from analytics.queries.lead_sources import get_lead_sources
from analytics.queries.pipeline import Status, get_pipeline
from analytics.queries.records import Asked
from analytics.queries.win_loss import Basis, get_win_loss
from chassis.http.unit import ReadSession, Route
from kernel import clock

router = APIRouter(prefix="/reports", tags=["reports"], route_class=Route)

Window = Annotated[Period, Depends(asked_period(lambda: last_months(WINDOW, clock.today())))]
Days90 = Annotated[Period, Depends(asked_period(lambda: last_days(90, clock.today())))]
Days180 = Annotated[Period, Depends(asked_period(lambda: last_days(180, clock.today())))]
Days365 = Annotated[Period, Depends(asked_period(lambda: last_days(365, clock.today())))]


@router.get("/win-loss")
async def read_win_loss(
    *,
    session: ReadSession,
    caller: ReportReader,
    filters: AskedFilters,
    period: Days180,
    frame: AskedFrame,
    basis: Basis = "closed",
) -> WinLoss:
    """Set won against lost deals closed in the period, by default the last 180 days."""
    asked = Asked(caller, REPORT, filters, {"basis": basis})
    return await get_win_loss(session, asked, frame, period, basis)


@router.get("/lead-sources")
async def read_lead_sources(
    *,
    session: ReadSession,
    caller: ReportReader,
    filters: AskedFilters,
    period: Days365,
    frame: AskedFrame,
) -> LeadSources:
    """Compare sources by what was created in the period, by default the last 365 days."""
    return await get_lead_sources(session, Asked(caller, REPORT, filters), frame, period)


@router.get("/income")
async def read_income(
    *,
    session: ReadSession,
    caller: IncomeReader,
    filters: AskedFilters,
    period: Window,
    frame: AskedFrame,
) -> IncomeReport:
    """Sum received payments by month, by default of the last twelve months."""
    return await get_income(session, Asked(caller, INCOME, filters), frame, period)


@router.get("/pipeline")
async def read_pipeline(
    *,
    session: ReadSession,
    caller: PipelineReader,
    filters: AskedFilters,
    period: Days90,
    frame: AskedFrame,
    status: Status = "open",
) -> PipelineReport:
    """Show what stands in each stage, of the deals created in the last 90 days by default."""
    asked = Asked(caller, PIPELINE, filters, {"status": status})
    return await get_pipeline(session, asked, frame, period, status)
