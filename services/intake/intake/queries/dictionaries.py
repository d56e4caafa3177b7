"""Lead statuses and sources."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import there
from intake.domain.index_keys import name_key
from intake.models import Contact, Lead, LeadSource, LeadStatus, Request, WebForm
from kernel.errors import NotFound, invalid

EntryT = TypeVar("EntryT", LeadStatus, LeadSource)


async def list_statuses(session: AsyncSession, *, deleted: bool = False) -> Sequence[LeadStatus]:
    """Answer the live statuses, or the deleted ones, in the order of the board."""
    query = select(LeadStatus).where(there(LeadStatus, deleted=deleted))
    return (await session.scalars(query.order_by(LeadStatus.position, LeadStatus.id))).all()


async def get_status(session: AsyncSession, status_id: UUID) -> LeadStatus:
    """Answer the status a body names; it is not deleted before the commit.

    Raises:
        Invalid: there is none.
    """
    held = {"read": True, "key_share": True}
    status = await session.get(LeadStatus, status_id, with_for_update=held)
    if status is None or status.deleted_at:
        raise invalid("status_id", "there is no such status", "status_unknown")
    return status


async def find_status_by_code(session: AsyncSession, code: str) -> LeadStatus | None:
    """Answer a live system status; it is not deleted before the commit."""
    query = select(LeadStatus).where(LeadStatus.code == code, LeadStatus.deleted_at.is_(None))
    return (await session.scalars(query.with_for_update(read=True, key_share=True))).one_or_none()


async def find_status_by_name(session: AsyncSession, name: str) -> LeadStatus | None:
    """Answer the live status of this name, letter case ignored."""
    query = select(LeadStatus).where(
        LeadStatus.name_key == name_key(name), LeadStatus.deleted_at.is_(None)
    )
    return (await session.scalars(query)).one_or_none()


async def next_position(session: AsyncSession) -> int:
    """Answer the position after the last status."""
    query = select(func.coalesce(func.max(LeadStatus.position) + 1, 0))
    return int((await session.execute(query.where(LeadStatus.deleted_at.is_(None)))).scalar_one())


async def status_is_used(session: AsyncSession, status_id: UUID) -> bool:
    """Answer whether a live lead has the status."""
    query = select(Lead.id).where(Lead.status_id == status_id, Lead.deleted_at.is_(None)).limit(1)
    return await session.scalar(query) is not None


def select_sources(*, active: bool | None, deleted: bool) -> Select[LeadSource]:
    """Select the live or the deleted sources, those that are active, or those that are not."""
    query = select(LeadSource).where(there(LeadSource, deleted=deleted))
    return query if active is None else query.where(LeadSource.active == active)


async def get_entry(session: AsyncSession, table: type[EntryT], entry_id: UUID) -> EntryT:
    """Answer a live status or source.

    Raises:
        NotFound: there is none.
    """
    entry = await session.get(table, entry_id)
    if entry is None or entry.deleted_at:
        raise NotFound
    return entry


async def lock_source(
    session: AsyncSession, source_id: UUID, *, to_delete: bool = False
) -> LeadSource:
    """Answer a live source, locked for a change; a deletion waits for what is just naming it.

    Raises:
        NotFound: there is none.
    """
    source = await session.get(LeadSource, source_id, with_for_update={"key_share": not to_delete})
    if source is None or source.deleted_at:
        raise NotFound
    return source


async def check_source(session: AsyncSession, source_id: UUID | None) -> None:
    """Refuse a body that names a source there is not; naming none is right.

    The source is not deleted before the commit.

    Raises:
        Invalid: there is no such live source.
    """
    if source_id is None:
        return
    query = select(LeadSource.id).where(LeadSource.id == source_id, LeadSource.deleted_at.is_(None))
    if await session.scalar(query.with_for_update(read=True, key_share=True)) is None:
        raise invalid("source_id", "there is no such source", "source_unknown")


async def find_source_by_name(
    session: AsyncSession, name: str, department_id: UUID | None
) -> LeadSource | None:
    """Answer the department's live source of this name, letter case ignored."""
    query = select(LeadSource).where(
        LeadSource.name_key == name_key(name),
        LeadSource.department_id.is_not_distinct_from(department_id),
        LeadSource.deleted_at.is_(None),
    )
    return (await session.scalars(query)).one_or_none()


async def source_is_used(session: AsyncSession, source_id: UUID) -> bool:
    """Answer whether a live lead, request, contact or form names the source."""
    uses = (
        select(table.id).where(table.source_id == source_id, table.deleted_at.is_(None)).exists()
        for table in (Lead, Request, Contact, WebForm)
    )
    return bool(await session.scalar(select(or_(*uses))))
