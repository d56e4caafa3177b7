"""Records of other services that letters are written from and tied to."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, case, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, Ownership, visible
from mail.models import CrmRecord

OWNERSHIP = Ownership(
    CrmRecord.owner_id, CrmRecord.co_owner_id, CrmRecord.team_id, CrmRecord.department_id
)


def visible_records(caller: Caller, right: str) -> Select[CrmRecord]:
    """Answer the live records that `right` reaches."""
    return select(CrmRecord).where(~CrmRecord.removed, visible(caller, right, OWNERSHIP))


async def find_visible_record(
    session: AsyncSession, kind: str, record_id: UUID, caller: Caller, right: str
) -> CrmRecord | None:
    """Answer one record that `right` reaches."""
    query = visible_records(caller, right).where(CrmRecord.id == record_id, CrmRecord.kind == kind)
    record: CrmRecord | None = await session.scalar(query)
    return record


async def find_records(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, CrmRecord]:
    """Answer the known records among `ids`."""
    rows = await session.scalars(select(CrmRecord).where(CrmRecord.id.in_(ids)))
    return {row.id: row for row in rows}


async def find_removed(session: AsyncSession, ids: Sequence[UUID]) -> set[UUID]:
    """Answer which of the records are gone."""
    query = select(CrmRecord.id).where(CrmRecord.id.in_(ids), CrmRecord.removed)
    return set(await session.scalars(query))


async def find_by_tickets(session: AsyncSession, tickets: Sequence[str]) -> dict[str, CrmRecord]:
    """Answer the live record of each ticket: the deal, else the request (MAI-017)."""
    if not tickets:
        return {}
    deal_last = case((CrmRecord.kind == "deal", 1), else_=0)
    query = (
        select(CrmRecord)
        .where(CrmRecord.ticket.in_(tickets), ~CrmRecord.removed)
        .order_by(deal_last, CrmRecord.id.desc())
    )
    return {str(row.ticket): row for row in await session.scalars(query)}
