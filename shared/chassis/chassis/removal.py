"""The end of deleted records: by an administrator, or after `retention_days` (GAT-014).

    REMOVABLES = (
        Removable("deals/{deal_id}", Deal, "deals.deal.delete", parts=(Output.deal_id,)),
        Removable("products/{product_id}", Product, ..., kept_by=(exists().where(...),)),
    )

A record goes with its parts, and only when nothing keeps it any more: a record that names it stays
readable, be it deleted itself. List those that name others first, then one round removes both. Its
audit entries and events stay, and the copies of other services stay marked as deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit, metrics
from chassis.database import Database, Record, there
from chassis.origin import by_system
from chassis.worker import Schedule
from kernel import clock
from kernel.errors import Conflict, NotFound

BATCH = 500
HOURLY = 3600.0


@dataclass(frozen=True)
class Removable:
    """A kind of record that can be removed for good.

    `path` is its address in the API, `right` the one that deletes any of them, `parts` are the
    columns by which its parts name it, `kept_by` the conditions under which it has to stay,
    `audited_as` its name in audit entries if that is not its table's.
    """

    path: str
    table: type[Record]
    right: str
    parts: Sequence[Any] = ()
    kept_by: Sequence[ColumnElement[bool]] = ()
    audited_as: str | None = None

    @property
    def collection(self) -> str:
        """Answer the first part of its address."""
        return self.path.partition("/")[0]

    @property
    def parameter(self) -> str:
        """Answer what its address calls its id."""
        return self.path.rpartition("/")[2].strip("{}")

    @property
    def entity(self) -> str:
        """Answer its name in audit entries."""
        table: str = self.table.__tablename__  # type: ignore[attr-defined]
        return self.audited_as or table

    @property
    def is_kept(self) -> ColumnElement[bool]:
        """Answer the condition of the records that have to stay."""
        return or_(false(), *self.kept_by)


async def lock_deleted(session: AsyncSession, removable: Removable, record_id: UUID) -> Record:
    """Answer a deleted record, locked.

    Raises:
        NotFound: there is none, or it is not deleted.
    """
    table = removable.table
    query = select(table).where(table.id == record_id, there(table, deleted=True))
    record = await session.scalar(query.with_for_update())
    if record is None:
        raise NotFound
    return record


async def purge(session: AsyncSession, removable: Removable, record: Record) -> None:
    """Remove a deleted, locked record for good.

    Raises:
        Conflict: another record names it.
    """
    table = removable.table
    if await session.scalar(select(table.id).where(table.id == record.id, removable.is_kept)):
        detail = "Other records name it, maybe deleted ones."
        raise Conflict(detail, code="record_still_named")
    await _remove(session, removable, [record.id])


def retention(removables: Sequence[Removable], days: int) -> Schedule:
    """Make the schedule that removes what was deleted more than `days` ago."""
    return Schedule("retention", HOURLY, partial(purge_overdue, removables=removables, days=days))


async def purge_overdue(database: Database, *, removables: Sequence[Removable], days: int) -> None:
    """Remove what was deleted more than `days` ago, kind by kind, in batches."""
    for removable in removables:
        while await _purge_batch(database, removable, days) == BATCH:
            pass


async def _purge_batch(database: Database, removable: Removable, days: int) -> int:
    table = removable.table
    async with database.transaction(by_system("retention")) as session:
        overdue = (
            select(table.id)
            .where(table.deleted_at < clock.now() - timedelta(days=days), ~removable.is_kept)
            .order_by(table.deleted_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        ids = (await session.scalars(overdue)).all()
        if ids:
            await _remove(session, removable, ids)
    return len(ids)


async def _remove(session: AsyncSession, removable: Removable, ids: Sequence[UUID]) -> None:
    for part in removable.parts:
        await session.execute(delete(part.class_).where(part.in_(ids)))
    await session.execute(delete(removable.table).where(removable.table.id.in_(ids)))
    for record_id in ids:
        audit.record(session, removable.entity, record_id, "purged", {})
    service = session.info["told"].service
    metrics.purged.labels(service, removable.entity).inc(len(ids))
