"""Tells the relay that new events were committed, so that it need not wait for its next poll.

A NOTIFY inside the transaction serialises commits, so it is sent after the commit and at most
twenty times a second per process. Losing one costs half a second, never an event.
"""

import asyncio
from contextlib import suppress

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

CHANNEL = "rapport_event_log"
PAUSE_SECONDS = 0.05

log = structlog.get_logger()


class Wakeup:
    """Sends NOTIFY soon after `signal`, coalescing signals that come close together."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._signalled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def signal(self) -> None:
        """Ask for a NOTIFY; never waits."""
        self._signalled.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="wakeup")

    async def close(self) -> None:
        """Stop; what was not announced is found by the relay's poll."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while self._signalled.is_set():
            self._signalled.clear()
            try:
                async with self._engine.connect() as connection:
                    await connection.execute(text(f"notify {CHANNEL}"))
                    await connection.commit()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.info("wakeup.skipped", error=str(error))
            await asyncio.sleep(PAUSE_SECONDS)  # the rate limit itself
