"""Who is in a team: taken in, given other limits, taken out (GAT-037)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from gateway.commands.announcements import tell_people, tell_team
from gateway.commands.records import change_rights, expect, raise_version
from gateway.models.team import Team, TeamMember
from gateway.queries.teams import get_visible_team, memberships_in, outside, require
from gateway.queries.users import are_active, team_ids_of
from kernel.errors import NotFound, invalid

MEMBERS = "gateway.team.members"


async def put_member(
    session: AsyncSession,
    caller: Caller,
    team_id: UUID,
    user_id: UUID,
    limits: Mapping[str, Any],
    *,
    expected: int | None,
) -> tuple[Team, TeamMember]:
    """Take a user into a team, or change the limits of a member.

    Raises:
        NotFound, Forbidden: the team cannot be seen, or its members not be managed.
        Stale: the team is at another version than `expected`.
        Invalid: the user is not active, or not of the team's department.
    """
    team = await _team_to_man(session, caller, team_id, expected)
    member = await session.get(TeamMember, (team_id, user_id))
    before = _limits(member) if member else None
    if member and before == limits:
        return team, member
    teams = await team_ids_of(session, {user_id})
    if member is None:
        await _check_joins(session, team, user_id)
        member = TeamMember(team_id=team_id, user_id=user_id)
        session.add(member)
    for field, value in limits.items():
        setattr(member, field, value)
    raise_version(session, team)
    await tell_team(session, team, "changed", {_field(user_id): (before, dict(limits))})
    await tell_people(session, teams)
    return team, member


async def remove_member(
    session: AsyncSession, caller: Caller, team_id: UUID, user_id: UUID, expected: int | None
) -> None:
    """Take a member out of a team.

    Raises:
        NotFound, Forbidden: the team cannot be seen, nobody such is in it, or not yours to say.
        Stale: the team is at another version than `expected`.
    """
    team = await _team_to_man(session, caller, team_id, expected)
    member = await session.get(TeamMember, (team_id, user_id))
    if member is None:
        raise NotFound("There is no such member.")
    teams = await team_ids_of(session, {user_id})
    await _drop(session, team, member)
    await tell_people(session, teams)


async def leave_teams(
    session: AsyncSession, user_id: UUID, department_ids: Collection[UUID]
) -> None:
    """Take a user who leaves departments out of their teams, which have members of them only."""
    for team, member in await memberships_in(session, user_id, department_ids):
        await _drop(session, team, member)


async def _team_to_man(
    session: AsyncSession, caller: Caller, team_id: UUID, expected: int | None
) -> Team:
    await change_rights(session)
    team = await get_visible_team(session, caller, team_id, lock=True)
    require(caller, MEMBERS, team)
    expect(team, expected)
    return team


async def _check_joins(session: AsyncSession, team: Team, user_id: UUID) -> None:
    if not await are_active(session, {user_id}):
        raise invalid("user_id", "there is no such active user", "user_unknown")
    if team.department_id and await outside(session, team.department_id, {user_id}):
        raise invalid("user_id", "is not of the team's department", "member_of_other_department")


async def _drop(session: AsyncSession, team: Team, member: TeamMember) -> None:
    await session.delete(member)
    raise_version(session, team)
    await tell_team(session, team, "changed", {_field(member.user_id): (_limits(member), None)})


def _field(user_id: UUID) -> str:
    return f"members/{user_id}"


def _limits(member: TeamMember) -> dict[str, Any]:
    return {"max_30d": member.max_30d, "skip": member.skip, "filter": member.filter}
