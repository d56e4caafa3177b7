"""Records that were deleted softly, and those that are gone for good."""

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Record, there
from chassis.tables import audit_entry
from intake.models import Company, Contact, Customer, Lead, LeadSource, LeadStatus, Request, WebForm
from intake.queries.locking import lock_one
from kernel.errors import Conflict, NotFound

Restorable = Lead | Company | Contact | Customer | Request
RestorableT = TypeVar("RestorableT", Lead, Company, Contact, Customer, Request)
DeletedT = TypeVar(
    "DeletedT", Lead, Company, Contact, Customer, Request, LeadSource, LeadStatus, WebForm
)


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


async def lock_removed(session: AsyncSession, table: type[DeletedT], record_id: UUID) -> DeletedT:
    """Answer a deleted record, locked for a change.

    Raises:
        NotFound: there is none, or it is not deleted.
    """
    query = select(table).where(table.id == record_id, there(table, deleted=True))
    return await lock_one(session, query)


async def hold(session: AsyncSession, table: type[Record], record_id: UUID | None) -> bool:
    """Answer whether a record is live, which it then stays until the commit."""
    query = select(table.id).where(table.id == record_id, there(table))
    return await session.scalar(query.with_for_update(read=True)) is not None


async def need_source(session: AsyncSession, source_id: UUID | None) -> None:
    """Hold the source of a record that is restored, which is not to lose it silently.

    Raises:
        Conflict: the source was deleted.
    """
    if source_id and not await hold(session, LeadSource, source_id):
        detail = "Its source was deleted; restore that first."
        raise Conflict(detail, code="source_deleted", source_id=source_id)


async def find_purged(
    session: AsyncSession, table: type[Record], ids: Collection[UUID]
) -> set[UUID]:
    """Answer those of the ids whose records were removed for good."""
    query = select(audit_entry.c.record_id).where(
        audit_entry.c.entity == table.__tablename__,  # type: ignore[attr-defined]
        audit_entry.c.record_id.in_(ids),
        audit_entry.c.action == "purged",
    )
    return set(await session.scalars(query))
