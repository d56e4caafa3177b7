"""Locks on names that may not have a row yet, so that two writers of one name take turns."""

import hashlib

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LOCK = text("select pg_advisory_xact_lock(n) from unnest(cast(:numbers as bigint[])) as n")


async def lock_names(session: AsyncSession, *names: str) -> None:
    """Wait until nobody else writes any of these names; the locks end with the transaction.

    What is read afterwards shows what the one before has written.
    """
    numbers = sorted({_number(name) for name in names})  # in one order, so that nobody deadlocks
    if numbers:
        await session.execute(LOCK, {"numbers": numbers})


def _number(name: str) -> int:
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
