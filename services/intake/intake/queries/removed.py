"""Records that were deleted softly."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake.models import Company, Contact, Customer, Lead, Request
from intake.queries.locking import lock_one
from kernel.errors import NotFound

Restorable = Lead | Company | Contact | Customer | Request
RestorableT = TypeVar("RestorableT", Lead, Company, Contact, Customer, Request)


def there(table: type[Restorable], *, deleted: bool) -> ColumnElement[bool]:
    """Answer the condition for the live records of a table, or for its deleted ones."""
    return table.deleted_at.is_not(None) if deleted else table.deleted_at.is_(None)


async def get_removed(
    session: AsyncSession, table: type[RestorableT], record_id: UUID
) -> RestorableT:
    """Answer a deleted record.

    Raises:
        NotFound: there is none, or it is not deleted.
    """
    query = select(table).where(table.id == record_id, there(table, deleted=True))
    record = (await session.scalars(query)).one_or_none()
    if record is None:
        raise NotFound
    return record


async def lock_removed(
    session: AsyncSession, table: type[RestorableT], record_id: UUID
) -> RestorableT:
    """Answer a deleted record, locked for a change.

    Raises:
        NotFound: there is none, or it is not deleted.
    """
    query = select(table).where(table.id == record_id, there(table, deleted=True))
    return await lock_one(session, query)


async def hold(session: AsyncSession, table: type[RestorableT], record_id: UUID | None) -> bool:
    """Answer whether a record is live, which it then stays until the commit."""
    query = select(table.id).where(table.id == record_id, there(table, deleted=False))
    return await session.scalar(query.with_for_update(read=True)) is not None
