"""Appends what was said to the log, each event once (ANA-001)."""

from collections.abc import Sequence

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.folding.logged import Logged
from contracts.event import Envelope

APPEND = text(
    """
    with fresh as (
        insert into logged_event (
            event_id, service, topic, aggregate_type, aggregate_id, version, at, actor, actor_kind,
            correlation_id, department_id, team_id, source_seq, data
        )
        select * from jsonb_to_recordset(cast(:events as jsonb)) as said (
            event_id uuid, service text, topic text, aggregate_type text, aggregate_id uuid,
            version bigint, at timestamptz, actor text, actor_kind text, correlation_id uuid,
            department_id uuid, team_id uuid, source_seq bigint, data jsonb
        )
        on conflict do nothing
        returning event_id, at
    ),
    applied as (
        update progress set data_through = greatest(data_through, (select max(at) from fresh))
    )
    select event_id from fresh
    """
)


async def log_events(session: AsyncSession, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Append events; answers those that were not in the log yet."""
    rows = [_row(envelope) for envelope in envelopes]
    fresh = set(await session.scalars(APPEND, {"events": orjson.dumps(rows).decode()}))
    return [envelope for envelope in envelopes if envelope.id in fresh]


def logged(envelope: Envelope) -> Logged:
    """Read an envelope as the log would give it back."""
    return Logged(
        event_id=envelope.id,
        topic=envelope.topic,
        version=envelope.aggregateversion,
        at=envelope.time,
        department_id=str(envelope.departmentid) if envelope.departmentid else None,
        team_id=str(envelope.teamid) if envelope.teamid else None,
        data=envelope.data,
    )


def _row(envelope: Envelope) -> dict[str, object]:
    aggregate_type, _, aggregate_id = envelope.subject.partition("/")
    return {
        "event_id": envelope.id,
        "service": envelope.service,
        "topic": envelope.topic,
        "aggregate_type": aggregate_type,
        "aggregate_id": aggregate_id,
        "version": envelope.aggregateversion,
        "at": envelope.time,
        "actor": envelope.actor,
        "actor_kind": envelope.actorkind,
        "correlation_id": envelope.correlationid,
        "department_id": envelope.departmentid,
        "team_id": envelope.teamid,
        "source_seq": envelope.seq,
        "data": envelope.data,
    }
