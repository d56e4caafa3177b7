"""Users, teams and departments of the gateway, as intake's replicas know them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from intake.models import DepartmentReplica, TeamReplica, UserReplica


async def find_active_users(
    session: AsyncSession, ids: Iterable[UUID | None]
) -> dict[UUID, UserReplica]:
    """Answer those of the users who are known and active."""
    wanted = {user_id for user_id in ids if user_id}
    if not wanted:
        return {}
    query = select(UserReplica).where(UserReplica.id.in_(wanted), UserReplica.active)
    return {user.id: user for user in await session.scalars(query)}


async def is_active_group(
    session: AsyncSession, table: type[TeamReplica | DepartmentReplica], group_id: UUID
) -> bool:
    """Answer whether a team or department is known and active."""
    query = select(table.id).where(table.id == group_id, table.active)
    return await session.scalar(query) is not None
