"""Reads the services' event logs, from which everything here can be made anew (EVT-009)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx2
import orjson

from chassis import event_log
from chassis.database import Database
from kernel.errors import Unavailable

LoggedPage = Sequence[tuple[int, dict[str, Any]]]
"""Envelopes with their `seq`, in its order; empty at the end."""

EventSource = Callable[[int], Awaitable[LoggedPage]]
"""Answers the page of a service's log that follows this `seq`."""


def over_http(client: httpx2.AsyncClient, token: Callable[[], str]) -> EventSource:
    """Read a service's log through its API; `token` makes an internal token for each call.

    The source raises Unavailable when the service refuses or fails.
    """

    async def read(after_seq: int) -> LoggedPage:
        answer = await client.get(
            "/internal/event-log",
            params={"after_seq": after_seq},
            headers={"Authorization": f"Bearer {token()}"},
        )
        if answer.status_code != httpx2.codes.OK:
            raise Unavailable(f"{client.base_url} answers {answer.status_code} for its event log.")
        return [(entry["seq"], entry["envelope"]) for entry in orjson.loads(answer.content)]

    return read


def in_process(database: Database) -> EventSource:
    """Read a service's log from its database, where one process runs them all."""

    async def read(after_seq: int) -> LoggedPage:
        async with database.reading() as session:
            return await event_log.page(session, after_seq)

    return read
