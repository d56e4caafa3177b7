"""The filters of the deal list, as query parameters."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query

from chassis.http.schemas import Day
from deals.api.deleted_records import DeletedDeals
from deals.queries.deal_list import DealFilter

Status = Literal["open", "won", "lost", "closed", "all"]
Place = Annotated[str | None, Query(max_length=100)]


async def deal_filter(
    *,
    pipeline: UUID | None = None,
    stage: UUID | None = None,
    status: Status | None = None,
    owner: UUID | None = None,
    co_owner: UUID | None = None,
    team: UUID | None = None,
    department: UUID | None = None,
    company: UUID | None = None,
    customer: UUID | None = None,
    contact: UUID | None = None,
    lead: UUID | None = None,
    request: UUID | None = None,
    partner: UUID | None = None,
    reason: UUID | None = None,
    source: UUID | None = None,
    product: UUID | None = None,
    important: bool | None = None,
    priority: Annotated[int | None, Query(ge=0, le=4)] = None,
    country: Place = None,
    city: Place = None,
    changed_by: UUID | None = None,
    created_from: Day | None = None,
    created_to: Day | None = None,
    closed_from: Day | None = None,
    closed_to: Day | None = None,
    expected_from: Day | None = None,
    expected_to: Day | None = None,
    next_step_from: Day | None = None,
    next_step_to: Day | None = None,
    has_payments: bool | None = None,
    overdue_step: bool | None = None,
    deleted: DeletedDeals,
    q: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
) -> DealFilter:
    """Read the filters of the list."""
    asked = dict(locals())
    asked["changed_by"] = str(changed_by) if changed_by else None
    return DealFilter(**asked)


Filter = Annotated[DealFilter, Depends(deal_filter)]
