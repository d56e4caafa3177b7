"""The append-only log of what this service said: outbox, replay source and proof in one.

    deal.version += 1 ...                      # 1. change the locked aggregate
    emit(session, DealWon(...), deal.version)  # 2. say so; one version per event

`emit` only remembers; the rows are written just before the commit, after every domain change.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.origin import Origin
from chassis.tables import audit_entry, event_log
from contracts.event import Event
from kernel import clock
from kernel.ids import uuid7

MAX_ENVELOPE_BYTES = 65_536
ADD_ENTRIES = insert(audit_entry)
ADD_EVENTS = insert(event_log)
MOST_A_PAGE = 1000
PAGE = text(
    """
    select cast(coalesce(json_agg(entry), '[]') as text)
      from (
        select seq, envelope from event_log where seq > :after_seq order by seq limit :limit
      ) as entry
    """
)


class EventTooLarge(ValueError):
    """An event is over 64 KiB; larger things travel by reference."""


@dataclass
class _Told:
    """What a session said so far, kept in `session.info`."""

    service: str
    origin: Origin
    events: list[dict[str, Any]]
    entries: list[dict[str, Any]]


def begin(session: AsyncSession, service: str, origin: Origin) -> None:
    """Give a new session its voice."""
    session.info["told"] = _Told(service, origin, [], [])


def origin_of(session: AsyncSession) -> Origin:
    """Answer who acts in the session."""
    return _told(session).origin


def acting(session: AsyncSession, origin: Origin) -> None:
    """Let what follows in the session be caused by `origin` (one event of a batch)."""
    _told(session).origin = origin


def mark(session: AsyncSession) -> tuple[int, int]:
    """Answer a point to which `forget_since` can go back, for savepoints."""
    told = _told(session)
    return len(told.events), len(told.entries)


def forget_since(session: AsyncSession, point: tuple[int, int]) -> None:
    """Unsay what was said after `point`: its savepoint was rolled back."""
    told = _told(session)
    del told.events[point[0] :]
    del told.entries[point[1] :]


def emit(
    session: AsyncSession,
    event: Event,
    version: int,
    *,
    department_id: UUID | None = None,
    team_id: UUID | None = None,
) -> UUID:
    """Say `event` when the transaction commits; `version` is the aggregate's after the change.

    Returns:
        The event's id.

    Raises:
        EventTooLarge: the envelope is over 64 KiB.
    """
    told = _told(session)
    row = log_row(
        told.service, told.origin, event, version, department_id=department_id, team_id=team_id
    )
    told.events.append(row)
    event_id: UUID = row["event_id"]
    return event_id


def log_row(
    service: str,
    origin: Origin,
    event: Event,
    version: int,
    *,
    department_id: UUID | None = None,
    team_id: UUID | None = None,
) -> dict[str, Any]:
    """Build the event_log row of `event`."""
    event_id = uuid7()
    members = {
        "id": str(event_id),
        "subject": f"{event.entity}/{event.aggregate_id}",
        "aggregateversion": version,
        "data": event.model_dump(mode="json"),
        "departmentid": department_id and str(department_id),
        "teamid": team_id and str(team_id),
    }
    envelope = shared_members(service, origin, type(event)) | _present(members)
    if len(orjson.dumps(envelope)) > MAX_ENVELOPE_BYTES:
        raise EventTooLarge(event.type())
    return {
        "event_id": event_id,
        "aggregate_type": event.entity,
        "aggregate_id": event.aggregate_id,
        "aggregate_version": version,
        "topic": event.topic,
        "envelope": envelope,
    }


def shared_members(service: str, origin: Origin, event: type[Event]) -> dict[str, Any]:
    """Build what the envelopes of all events of one kind, said at one time, have in common.

    Set-based writers add the rest in SQL: `id`, `subject`, `aggregateversion`, `data` and, where
    there are any, `departmentid` and `teamid`.
    """
    members = {
        "specversion": "1.0",
        "source": f"/crm/{service}",
        "type": event.type(),
        "time": clock.now().isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": f"/schemas/{event.type()}.json",
        "actor": origin.actor,
        "actorkind": origin.actor_kind,
        "correlationid": str(origin.correlation_id),
        "causationid": origin.causation_id and str(origin.causation_id),
        "traceparent": origin.traceparent,
    }
    return _present(members)


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def add_entry(session: AsyncSession, entry: dict[str, Any]) -> None:
    """Remember an audit row to be written with the events; see `chassis.audit`."""
    _told(session).entries.append(entry)


async def write(session: AsyncSession) -> int:
    """Flush domain changes, then insert what was said; answers the number of events."""
    told = _told(session)
    await session.flush()
    if told.entries:
        await session.execute(ADD_ENTRIES, told.entries)
    if told.events:
        await session.execute(ADD_EVENTS, told.events)
    return len(told.events)


async def page(session: AsyncSession, after_seq: int, limit: int = MOST_A_PAGE) -> str:
    """Answer sequenced events after `after_seq`, in order (EVT-009).

    Returns:
        A JSON array of `{"seq": ..., "envelope": {...}}`, made by the database: whoever reads a
        whole log takes it apart once, at the other end.
    """
    found = await session.execute(PAGE, {"after_seq": after_seq, "limit": limit})
    text_of_page: str = found.scalar_one()
    return text_of_page


def _told(session: AsyncSession) -> _Told:
    told: _Told = session.info["told"]
    return told
