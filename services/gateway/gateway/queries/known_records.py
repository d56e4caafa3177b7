"""Where the records of other services refer to users, departments and teams."""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models.known_record import KnownRecord

SOURCE = "lead_source"
CLOSABLE: Final = ("deal", "request")
"""Kinds of which only the open ones have to be handed over."""


async def records_of_department(session: AsyncSession, department_id: UUID) -> dict[str, int]:
    """Count the records of a department by kind."""
    return await _counted(session, KnownRecord.department_id == department_id)


async def records_of_team(session: AsyncSession, team_id: UUID) -> dict[str, int]:
    """Count the records of a team by kind."""
    return await _counted(session, KnownRecord.team_id == team_id)


async def records_of_owner(
    session: AsyncSession, user_id: UUID, kinds: Collection[str]
) -> dict[str, int]:
    """Count what somebody else would have to take over from a user, by kind."""
    open_ = or_(KnownRecord.active, KnownRecord.kind.not_in(CLOSABLE))
    owned = and_(KnownRecord.owner_id == user_id, KnownRecord.kind.in_(kinds), open_)
    return await _counted(session, owned)


async def find_source(session: AsyncSession, source_id: UUID) -> KnownRecord | None:
    """Answer a lead source of the service intake that can be chosen."""
    query = select(KnownRecord).where(
        KnownRecord.id == source_id,
        KnownRecord.kind == SOURCE,
        KnownRecord.active,
        ~KnownRecord.deleted,
    )
    return await session.scalar(query)


async def _counted(session: AsyncSession, belongs: Any) -> dict[str, int]:
    query = (
        select(KnownRecord.kind, func.count().label("records"))
        .where(belongs, ~KnownRecord.deleted)
        .group_by(KnownRecord.kind)
        .order_by(KnownRecord.kind)
    )
    return {row.kind: row.records for row in await session.execute(query)}
