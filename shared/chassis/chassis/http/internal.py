"""Paths for the other services of the suite: the event log, and the events that failed here."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from chassis import event_log, failed_events
from chassis.auth import only_services
from chassis.http.schemas import Output
from chassis.http.unit import ReadSession, Route, WriteSession

router = APIRouter(
    prefix="/internal",
    tags=["internal"],
    route_class=Route,
    dependencies=[Depends(only_services)],
    include_in_schema=False,
)


class FailedEvent(Output):
    """An event this service could not apply."""

    id: UUID
    subscription: str
    event_id: UUID
    topic: str | None
    error: str
    attempts: int
    state: Literal["waiting", "parked", "replayed", "dropped"]
    first_at: datetime
    last_at: datetime
    next_at: datetime


@router.get("/event-log")
async def read_event_log(
    session: ReadSession,
    after_seq: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=event_log.MOST_A_PAGE)] = event_log.MOST_A_PAGE,
) -> Response:
    """Answer this service's events in order of seq, each with its place and envelope (EVT-009)."""
    page = await event_log.page(session, after_seq, limit)
    return Response(page, media_type="application/json")


@router.get("/failed-events")
async def list_failed_events(
    session: ReadSession,
    state: Literal["waiting", "parked", "replayed", "dropped"] | None = None,
) -> list[FailedEvent]:
    """Answer the latest failed events."""
    return [FailedEvent.model_validate(row) for row in await failed_events.listing(session, state)]


@router.post("/failed-events/{failed_id}/replay", status_code=204)
async def replay_failed_event(session: WriteSession, failed_id: UUID) -> Response:
    """Try a failed event again at once."""
    await failed_events.replay(session, failed_id)
    return Response(status_code=204)


@router.post("/failed-events/{failed_id}/drop", status_code=204)
async def drop_failed_event(session: WriteSession, failed_id: UUID) -> Response:
    """Give a failed event up."""
    await failed_events.drop(session, failed_id)
    return Response(status_code=204)
