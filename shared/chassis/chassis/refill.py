"""Fills a service's replicas anew from the owners' event logs while it goes on (GAT-021, EVT-009).

    aside    an empty table beside each replica, in a schema of their own
    fill     the owners' logs, from the beginning, through the handlers that only keep copies
    merge    each record into the live table, unless something newer is known of it there
    again    for what was newer: the logs have been written on, and tell it by now

So nobody sees a record go through its history again, or one of which only the latest change was
heard; nothing is said and no act repeated. Live events go on beside it and have the way: a merge
that meets one waits for it. A refill that dies leaves nothing but that schema, which the next one
clears away.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import ValidationError
from sqlalchemy import TextClause, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import delivery, event_log
from chassis.alone import alone
from chassis.database import Database, Table
from chassis.delivery import UnknownVersion
from chassis.faults import HELD_UP, sqlstate
from chassis.log_sources import EventSource
from chassis.origin import by_system
from chassis.subscriptions import Subscription
from contracts.event import Envelope
from kernel.errors import Conflict

ONE_AT_A_TIME: Final = 0x5265_6669_6C6C
RECORDS_AT_ONCE: Final = 500
ATTEMPTS: Final = 50
PAUSE_SECONDS: Final = 0.1

ASIDE = text("set local search_path to refilling, public")
# shorter than a deadlock takes to be found, so that it is never the live side that fails
HAVE_PATIENCE = text("set local lock_timeout to '300ms'")


@dataclass(frozen=True)
class Failed:
    """An event that could not be applied; the copy of its record is left as it was."""

    event_id: str
    topic: str
    record_id: UUID
    error: str


@dataclass
class OwnersLog:
    """How far an owner's log was read, and what it held."""

    source: EventSource
    seq: int = 0
    read: int = 0
    applied: int = 0


@dataclass
class Refilled:
    """What a refill did: each owner's log, the number of records put right, and what is left.

    `ahead` are records of which more is known here than the owner's log tells: it was put back.
    """

    logs: dict[str, OwnersLog]
    records: int = 0
    failed: list[Failed] = field(default_factory=list)
    ahead: list[UUID] = field(default_factory=list)


def owners_of(subscription: Subscription) -> list[str]:
    """Answer the services whose records the subscription keeps copies of."""
    if not subscription.replicas:
        return []
    return sorted({topic.partition(".")[0] for topic in subscription.copying().bindings})


async def refill(
    database: Database, subscription: Subscription, sources: Mapping[str, EventSource]
) -> Refilled:
    """Fill all replicas of a subscription anew; `sources` are the logs of `owners_of` it.

    Raises:
        Conflict: another refill is under way, or live events hold a record all the time.
        Unavailable: a source does not answer; nothing has changed.
    """
    done = Refilled({owner: OwnersLog(source) for owner, source in sources.items()})
    taken = Conflict("Another refill is under way.", code="refill_running")
    async with alone(database, ONE_AT_A_TIME, taken):
        await _set_aside(database, subscription.replicas)
        await _read_on(database, subscription, done)
        waiting = {table: await _set_aside_of(database, table) for table in subscription.replicas}
        while True:
            waiting = {
                table: await _merge(database, table, ids, done) for table, ids in waiting.items()
            }
            # an event that was heard is in its log: reading on reaches whatever is newer here
            if not any(waiting.values()) or not await _read_on(database, subscription, done):
                break
        async with database.transaction(by_system("refill")) as session:
            await session.execute(text("drop schema refilling cascade"))
    done.ahead = [record for left in waiting.values() for record in left]
    return done


async def _set_aside(database: Database, replicas: Iterable[type[Table]]) -> None:
    async with database.transaction(by_system("refill")) as session:
        await session.execute(text("drop schema if exists refilling cascade"))
        await session.execute(text("create schema refilling"))
        for table in replicas:
            name = table.__tablename__
            like = f"like public.{name} including all excluding indexes, primary key (id)"
            await session.execute(text(f"create unlogged table refilling.{name} ({like})"))


async def _read_on(database: Database, subscription: Subscription, done: Refilled) -> int:
    """Apply what the logs have beyond the place they were read to; answers how many events."""
    copying = subscription.copying()
    heard = 0
    for log in done.logs.values():
        while page := orjson.loads(await log.source(log.seq)):
            envelopes = [envelope for entry in page for envelope in _heard(copying, entry, done)]
            failed = await _apply(database, copying, envelopes)
            done.failed += failed
            log.seq = page[-1]["seq"]
            log.read += len(page)
            log.applied += len(envelopes) - len(failed)
            heard += len(envelopes)
    return heard


def _heard(copying: Subscription, entry: dict[str, Any], done: Refilled) -> Iterator[Envelope]:
    """Answer the envelope of a log's entry if it tells something of a replica."""
    said = entry["envelope"]
    topic = said["type"].removeprefix("crm.").rpartition(".v")[0]
    if not copying.hears(topic):
        return
    try:
        envelope = Envelope.model_validate(said)
        delivery.refuse_unknown_version(envelope)
    except (ValidationError, UnknownVersion) as error:
        record_id = UUID(said["subject"].partition("/")[2])
        done.failed.append(Failed(said["id"], topic, record_id, delivery.describe(error)))
    else:
        yield envelope


async def _apply(
    database: Database, copying: Subscription, envelopes: Sequence[Envelope]
) -> list[Failed]:
    records = {envelope.id: envelope.aggregate_id for envelope in envelopes}
    async with database.transaction(by_system("refill", "event")) as session:
        await session.execute(ASIDE)
        failures = await delivery.apply_chunks(session, copying, envelopes)
        if any(event_log.mark(session)):
            raise RuntimeError(f"{copying.name} does more with an event than keep a copy")
    return [
        Failed(str(failure.event_id), failure.topic or "", records[failure.event_id], failure.error)
        for failure in failures
    ]


async def _set_aside_of(database: Database, table: type[Table]) -> list[UUID]:
    """Answer the ids of all records set aside, in order."""
    query = f"select id from refilling.{table.__tablename__} order by id"  # noqa: S608 - our name
    async with database.reading() as session:
        return list(await session.scalars(text(query)))


async def _merge(
    database: Database, table: type[Table], ids: Sequence[UUID], done: Refilled
) -> list[UUID]:
    """Put records right in the live table; answers those of which it knows something newer."""
    broken = {failed.record_id for failed in done.failed}
    whole = [id_ for id_ in ids if id_ not in broken]
    put_right, newer_live = _statements(table)
    left: list[UUID] = []
    for start in range(0, len(whole), RECORDS_AT_ONCE):
        chosen = {"ids": whole[start : start + RECORDS_AT_ONCE]}

        async def merge(session: AsyncSession, chosen: dict[str, Any] = chosen) -> None:
            put = (await session.scalars(put_right, chosen)).all()
            left.extend(await session.scalars(newer_live, chosen))
            done.records += len(put)

        await _giving_way(database, merge)
    return left


async def _giving_way(database: Database, work: Callable[[AsyncSession], Awaitable[None]]) -> None:
    for _ in range(ATTEMPTS):
        try:
            async with database.transaction(by_system("refill")) as session:
                await session.execute(HAVE_PATIENCE)
                await work(session)
        except DBAPIError as error:
            if sqlstate(error) not in HELD_UP:
                raise
        else:
            return
        await asyncio.sleep(PAUSE_SECONDS)  # live events go first
    raise Conflict("Live events do not let go of a record; try again later.", code="record_held")


def _statements(table: type[Table]) -> tuple[TextClause, TextClause]:
    """Build what merges records of a table, and what finds those that are newer there."""
    name = table.__tablename__
    columns = [column.name for column in inspect(table).local_table.columns]
    live = ", ".join(f"live.{column}" for column in columns)
    told = ", ".join(f"excluded.{column}" for column in columns)
    chosen = "id = any(cast(:ids as uuid[]))"
    put_right = f"""
        insert into public.{name} as live ({", ".join(columns)})
        select {", ".join(columns)} from refilling.{name} where {chosen} order by id
            on conflict (id) do update set ({", ".join(columns)}) = row ({told})
         where live.version <= excluded.version and ({live}) is distinct from ({told})
        returning id
        """  # noqa: S608 - names of our own tables
    newer_live = f"""
        select id from refilling.{name} as told join public.{name} as live using (id)
         where {chosen} and live.version > told.version
        """  # noqa: S608
    return text(put_right), text(newer_live)
