"""Where whole event logs are read from: rebuilds and refills are made of them (EVT-009)."""

from collections.abc import Awaitable, Callable

import httpx2

from chassis import event_log
from chassis.database import Database
from kernel.errors import Unavailable

LoggedPage = str
"""A JSON array of `{"seq": ..., "envelope": {...}}` in the order of `seq`; empty at the end.

It stays text until somebody needs what is in it: one reader's database takes it apart by itself.
"""

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
        return answer.text

    return read


def in_process(database: Database) -> EventSource:
    """Read a service's log from its database, where one process runs them all."""

    async def read(after_seq: int) -> LoggedPage:
        async with database.reading() as session:
            return await event_log.page(session, after_seq)

    return read
