"""Work that one process does at a time, over as many transactions as it takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from chassis.database import Database
from kernel.errors import Conflict

LOCK = text("select pg_try_advisory_lock(:key)")
UNLOCK = text("select pg_advisory_unlock(:key)")


@asynccontextmanager
async def alone(database: Database, key: int, taken: Conflict) -> AsyncIterator[None]:
    """Hold the advisory lock `key` on a connection of its own; it ends with the process, too.

    Raises:
        Conflict: it is `taken`.
    """
    async with database.engine.connect() as guard:
        await guard.execution_options(isolation_level="AUTOCOMMIT")
        if not await guard.scalar(LOCK, {"key": key}):
            raise taken
        try:
            yield
        finally:
            await guard.execute(UNLOCK, {"key": key})
