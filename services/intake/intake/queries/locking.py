"""Locking the one record a change is about."""

from typing import TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from kernel.errors import NotFound

RecordT = TypeVar("RecordT")


async def lock_one(session: AsyncSession, query: Select[RecordT]) -> RecordT:
    """Answer the record a query selects as it is now, locked for a change.

    Raises:
        NotFound: the query selects none.
    """
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    record = (await session.scalars(locked)).one_or_none()
    if record is None:
        raise NotFound
    return record
