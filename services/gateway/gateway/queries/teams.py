"""Teams, and who is in them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, Ownership, visible
from gateway.models.team import Team, TeamMember
from gateway.models.user import User
from kernel.errors import NotFound

OWNERSHIP = Ownership(owner=Team.leader_id, team=Team.id, department=Team.department_id)


def visible_teams(caller: Caller) -> Select[Team]:
    """Answer the teams a caller may see."""
    return select(Team).where(
        Team.deleted_at.is_(None), visible(caller, "gateway.team.view", OWNERSHIP)
    )


async def get_visible_team(
    session: AsyncSession, caller: Caller, team_id: UUID, *, lock: bool = False
) -> Team:
    """Answer a team the caller may see.

    Raises:
        NotFound: there is none.
    """
    query = visible_teams(caller).where(Team.id == team_id)
    team = await session.scalar(query.with_for_update() if lock else query)
    if team is None:
        raise NotFound("There is no such team.")
    return team


async def members_of(
    session: AsyncSession, team_ids: Collection[UUID]
) -> dict[UUID, list[TeamMember]]:
    """Answer the members of each team, in the order in which their accounts were made."""
    query = select(TeamMember).where(TeamMember.team_id.in_(team_ids)).order_by(TeamMember.user_id)
    found: dict[UUID, list[TeamMember]] = {team_id: [] for team_id in team_ids}
    for member in await session.scalars(query):
        found[member.team_id].append(member)
    return found


async def name_is_taken(session: AsyncSession, key: str, *, but: UUID | None = None) -> bool:
    """Answer whether another living team has the name."""
    query = select(Team.id).where(Team.name_key == key, Team.deleted_at.is_(None), Team.id != but)
    return await session.scalar(query) is not None


async def outside(
    session: AsyncSession, department_id: UUID, user_ids: Collection[UUID]
) -> Sequence[UUID]:
    """Answer which of these users do not belong to a department."""
    query = select(User.id).where(
        User.id.in_(user_ids), ~User.department_ids.contains([department_id])
    )
    return (await session.scalars(query)).all()
