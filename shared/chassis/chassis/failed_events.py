"""Events a subscription could not apply: kept, retried with growing pauses, then parked (EVT-005).

Nothing here is ever deleted: a parked event is replayed or dropped by a person, and stays visible.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.tables import failed_event
from kernel import clock
from kernel.errors import Conflict, NotFound
from kernel.ids import uuid7

NAMESPACE = UUID("5f1d7d2e-2b7e-5c61-9a43-0d4b1f6f7a11")
QUICK_TRIES = 3


@dataclass(frozen=True)
class Failure:
    """One event that failed: `event_id` is made from the body when the envelope is unreadable."""

    event_id: UUID
    topic: str | None
    body: bytes
    error: str
    parked: bool = False


def id_of_unreadable(body: bytes) -> UUID:
    """Answer a stable id for a body without a readable one, so that a repeat is recognised."""
    return uuid5(NAMESPACE, body.hex())


async def store(
    session: AsyncSession, subscription: str, failures: Sequence[Failure], first_pause: float
) -> None:
    """Keep failures; one that is known already stays as it is."""
    next_at = clock.now() + timedelta(seconds=first_pause)
    rows = [
        {
            "id": uuid7(),
            "subscription": subscription,
            "event_id": failure.event_id,
            "topic": failure.topic,
            "body": failure.body,
            "error": failure.error,
            "attempts": 0 if failure.parked else QUICK_TRIES,
            "state": "parked" if failure.parked else "waiting",
            "next_at": next_at,
        }
        for failure in failures
    ]
    await session.execute(insert(failed_event).values(rows).on_conflict_do_nothing())


async def lock_due(session: AsyncSession, limit: int = 50) -> Sequence[Row[Any]]:
    """Lock waiting events whose time has come; other workers skip them."""
    query = (
        select(failed_event)
        .where(failed_event.c.state == "waiting", failed_event.c.next_at <= func.now())
        .order_by(failed_event.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.execute(query)).all()


async def record_try(
    session: AsyncSession, row: Row[Any], error: str | None, pauses: Sequence[float]
) -> None:
    """Note the outcome of a retry: replayed, waiting for the next one, or parked."""
    attempts = row.attempts + 1
    done = attempts - QUICK_TRIES
    values: dict[str, Any] = {"attempts": attempts, "last_at": clock.now()}
    if error is None:
        values["state"] = "replayed"
    elif done >= len(pauses):
        values |= {"state": "parked", "error": error}
    else:
        values |= {"error": error, "next_at": clock.now() + timedelta(seconds=pauses[done])}
    await session.execute(update(failed_event).where(failed_event.c.id == row.id).values(values))


async def listing(session: AsyncSession, state: str | None, limit: int = 200) -> Sequence[Row[Any]]:
    """Answer failed events, newest first."""
    query = select(failed_event).order_by(failed_event.c.last_at.desc()).limit(limit)
    if state:
        query = query.where(failed_event.c.state == state)
    return (await session.execute(query)).all()


async def replay(session: AsyncSession, failed_id: UUID) -> None:
    """Let a parked or waiting event be tried again at once."""
    await _decide(session, failed_id, {"state": "waiting", "next_at": clock.now()})


async def drop(session: AsyncSession, failed_id: UUID) -> None:
    """Give a parked or waiting event up; the row stays."""
    await _decide(session, failed_id, {"state": "dropped"})


async def _decide(session: AsyncSession, failed_id: UUID, values: dict[str, Any]) -> None:
    state = await session.scalar(
        select(failed_event.c.state).where(failed_event.c.id == failed_id).with_for_update()
    )
    if state is None:
        raise NotFound("There is no such failed event.")
    if state not in ("waiting", "parked"):
        raise Conflict(f"The event is {state} already.", code="event_settled")
    await session.execute(update(failed_event).where(failed_event.c.id == failed_id).values(values))
