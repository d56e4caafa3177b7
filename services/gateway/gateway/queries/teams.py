"""Teams, and who is in them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, Ownership, visible
from chassis.database import there
from gateway.models.team import Team, TeamMember
from gateway.models.user import User
from kernel.errors import Forbidden, NotFound

MANAGE = "gateway.team.manage"
OWNERSHIP = Ownership(owner=Team.leader_id, team=Team.id, department=Team.department_id)


def visible_teams(caller: Caller, *, deleted: bool = False) -> Select[Team]:
    """Answer the teams a caller may see: the living, or the deleted ones."""
    right = MANAGE if deleted else "gateway.team.view"
    return select(Team).where(there(Team, deleted=deleted), visible(caller, right, OWNERSHIP))


async def get_visible_team(
    session: AsyncSession,
    caller: Caller,
    team_id: UUID,
    *,
    lock: bool = False,
    deleted: bool = False,
) -> Team:
    """Answer a team the caller may see, for a change with `lock`.

    Raises:
        NotFound: there is none, or it is deleted and was not asked for as such.
    """
    query = visible_teams(caller, deleted=deleted).where(Team.id == team_id)
    team = await session.scalar(query.with_for_update() if lock else query)
    if team is None:
        raise NotFound("There is no such team.")
    return team


def require(caller: Caller, right: str, team: Team) -> None:
    """Refuse to use `right` on a visible team it does not reach.

    Raises:
        Forbidden: its scope is too narrow.
    """
    reached = caller.covers(
        right, owner_id=team.leader_id, team_id=team.id, department_id=team.department_id
    )
    if not reached:
        raise Forbidden(f"This needs the right {right} for the team.", right=right)


async def members_of(
    session: AsyncSession, team_ids: Collection[UUID]
) -> dict[UUID, list[TeamMember]]:
    """Answer the members of each team, in the order in which their accounts were made."""
    query = select(TeamMember).where(TeamMember.team_id.in_(team_ids)).order_by(TeamMember.user_id)
    found: dict[UUID, list[TeamMember]] = {team_id: [] for team_id in team_ids}
    for member in await session.scalars(query):
        found[member.team_id].append(member)
    return found


async def name_is_taken(session: AsyncSession, key: str, *, but: UUID) -> bool:
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


async def memberships_in(
    session: AsyncSession, user_id: UUID, department_ids: Collection[UUID]
) -> Sequence[tuple[Team, TeamMember]]:
    """Answer a user's places in the teams of departments, deleted teams included.

    The teams are locked: none is removed for good meanwhile.
    """
    query = (
        select(Team, TeamMember)
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(TeamMember.user_id == user_id, Team.department_id.in_(department_ids))
        .order_by(Team.id)
        .with_for_update(of=Team)
    )
    return [(row.Team, row.TeamMember) for row in await session.execute(query)]
