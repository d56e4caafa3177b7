"""Where the records of other services refer to departments and teams."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models.known_record import KnownRecord

SOURCE = "lead_source"


async def records_of_department(session: AsyncSession, department_id: UUID) -> dict[str, int]:
    """Count the records of a department by kind."""
    return await _counted(session, KnownRecord.department_id == department_id)


async def records_of_team(session: AsyncSession, team_id: UUID) -> dict[str, int]:
    """Count the records of a team by kind."""
    return await _counted(session, KnownRecord.team_id == team_id)


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
