"""Appends what was said to the log, each event once (ANA-001); the database takes it apart."""

from collections.abc import Sequence
from typing import Final

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.folding.logged import Logged
from contracts.event import Envelope

LOGGED: Final = """
    with entry as (
        select seq, said.*
          from jsonb_to_recordset(cast(:entries as jsonb)) as one (seq bigint, envelope jsonb)
         cross join lateral jsonb_to_record(envelope) as said (
            id uuid, source text, type text, subject text, aggregateversion bigint,
            time timestamptz, actor text, actorkind text, correlationid uuid,
            departmentid uuid, teamid uuid, data jsonb
         )
    ),
    fresh as (
        insert into logged_event (
            event_id, service, topic, aggregate_type, aggregate_id, version, at, actor, actor_kind,
            correlation_id, department_id, team_id, source_seq, data
        )
        select id, substring(source from '^/crm/(.*)'), substring(type from '^crm[.](.*)[.]v'),
               split_part(subject, '/', 1), cast(split_part(subject, '/', 2) as uuid),
               aggregateversion, time, actor, actorkind,
               correlationid, departmentid, teamid, seq, data
          from entry
            on conflict do nothing
        returning event_id, at
    ),
    applied as (
        update progress set data_through = greatest(data_through, (select max(at) from fresh))
    )
"""
APPEND: Final = text(f"{LOGGED} select event_id from fresh")  # noqa: S608 - all our own words
APPEND_PAGE: Final = text(f"{LOGGED} select count(*), max(seq) from entry")  # noqa: S608 - likewise


async def log_events(session: AsyncSession, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Append events; answers those that were not in the log yet."""
    entries = [{"seq": envelope.seq, "envelope": vars(envelope)} for envelope in envelopes]
    fresh = set(await session.scalars(APPEND, {"entries": orjson.dumps(entries).decode()}))
    return [envelope for envelope in envelopes if envelope.id in fresh]


async def log_page(session: AsyncSession, entries: str) -> tuple[int, int]:
    """Append a page of a service's own log; answers how many events it has and the last `seq`."""
    events, last_seq = (await session.execute(APPEND_PAGE, {"entries": entries})).one()
    return events, last_seq or 0


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
