"""The relay: gives committed events a dense `seq` and hands them on in that order.

One relay per service works at a time (advisory lock); others stand by. Reading an outbox by
`id > last` misses rows that commit late, so the relay first numbers what has no number yet and
reads by number. It moves `sent_seq` only when the whole batch was taken over: a crash anywhere
repeats events, and never loses or reorders them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import structlog
from sqlalchemy import URL

from chassis import metrics
from chassis.wakeup import CHANNEL

LOCK_KEY: Final = 0x5261_7070_6F72_7401  # "Rapport", 1
BATCH: Final = 500
POLL_SECONDS: Final = 0.5
STANDBY_SECONDS: Final = 1.0
STATEMENT_SECONDS: Final = 15.0

log = structlog.get_logger()

SEQUENCE = """
with state as (select last_seq from relay_state for update),
     waiting as (select id, row_number() over (order by id) as place
                   from (select id from event_log where seq is null order by id limit $1) as rows),
     numbered as (update event_log set seq = state.last_seq + waiting.place
                    from waiting, state where event_log.id = waiting.id returning event_log.seq)
update relay_state set last_seq = greatest(last_seq, coalesce((select max(seq) from numbered), 0))
returning last_seq, sent_seq
"""

FETCH = """
select seq, event_id, topic, (envelope || jsonb_build_object('seq', seq))::text as body
  from event_log where seq > $1 order by seq limit $2
"""


@dataclass(frozen=True)
class Outgoing:
    """An event on its way out: `body` is the CloudEvents JSON, `seq` included."""

    seq: int
    event_id: str
    topic: str
    body: bytes


HandOver = Callable[[Sequence[Outgoing]], Awaitable[None]]
"""Takes a batch over for good, or raises; a batch may come again."""


class Relay:
    """Moves one service's event log to a transport, for ever (see `keep_running`)."""

    def __init__(self, url: URL, service: str, hand_over: HandOver) -> None:
        self._dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._service = service
        self._hand_over = hand_over
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Work until the connection or the transport fails; then raise."""
        connection = await asyncpg.connect(
            self._dsn,
            timeout=5,
            command_timeout=STATEMENT_SECONDS,
            server_settings={"application_name": f"rapport-{self._service}-relay"},
        )
        try:
            await self._become_active(connection)
            await connection.add_listener(CHANNEL, self._wake)
            connection.add_termination_listener(self._wake)
            while True:
                self._woken.clear()
                if not await self._drain(connection):
                    # not wait_for: until Python 3.12 it may swallow a cancellation
                    with suppress(TimeoutError):
                        async with asyncio.timeout(POLL_SECONDS):
                            await self._woken.wait()
        finally:
            connection.terminate()

    def _wake(self, *_: Any) -> None:
        self._woken.set()

    async def _become_active(self, connection: Any) -> None:
        while not await connection.fetchval("select pg_try_advisory_lock($1)", LOCK_KEY):
            await asyncio.sleep(STANDBY_SECONDS)  # the poll of a standby
        log.info("relay.active", service=self._service)

    async def _drain(self, connection: Any) -> bool:
        """Send all there is; the next batch is read while this one is on its way."""
        sent = 0
        batch = await self._next(connection, None)
        while batch:
            started = time.perf_counter()
            upcoming: asyncio.Task[list[Outgoing]]
            async with asyncio.TaskGroup() as both:
                both.create_task(self._hand_over_all(batch))
                upcoming = both.create_task(self._next(connection, batch[-1].seq))
            await connection.execute(
                "update relay_state set sent_seq = $1 where sent_seq < $1", batch[-1].seq
            )
            metrics.relayed.labels(self._service).inc(len(batch))
            metrics.relay_seconds.labels(self._service).observe(time.perf_counter() - started)
            sent += len(batch)
            batch = upcoming.result()
        return sent > 0

    async def _hand_over_all(self, batch: Sequence[Outgoing]) -> None:
        await self._hand_over(batch)

    async def _next(self, connection: Any, after: int | None) -> list[Outgoing]:
        state = await connection.fetchrow(SEQUENCE, BATCH)
        after = state["sent_seq"] if after is None else after
        metrics.relay_waiting.labels(self._service).set(state["last_seq"] - after)
        if state["last_seq"] <= after:
            return []
        rows = await connection.fetch(FETCH, after, BATCH)
        return [
            Outgoing(row["seq"], str(row["event_id"]), row["topic"], row["body"].encode())
            for row in rows
        ]
