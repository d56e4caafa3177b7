"""Who may call: one alias per kind of report."""

from typing import Annotated, Final

from fastapi import Depends

from analytics.queries.dashboard import VIEW, VIEW_REVENUE
from chassis.auth import Authenticated, Caller, may
from kernel.errors import Forbidden

REPORT: Final = "analytics.report.view"
INCOME: Final = "analytics.income.view"
PIPELINE: Final = "analytics.pipeline.view"

ReportReader = Annotated[Caller, Depends(may(REPORT))]
IncomeReader = Annotated[Caller, Depends(may(INCOME))]
PipelineReader = Annotated[Caller, Depends(may(PIPELINE))]


async def may_see_some_of_the_dashboard(caller: Authenticated) -> Caller:
    """Let callers in who may see the records, the revenue, or both."""
    if not {VIEW, VIEW_REVENUE} & caller.rights.keys():
        raise Forbidden(f"This needs the right {VIEW}.", right=VIEW)
    return caller


DashboardReader = Annotated[Caller, Depends(may_see_some_of_the_dashboard)]
