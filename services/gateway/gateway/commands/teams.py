"""Sales teams and their members (GAT-036, GAT-037)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from chassis.event_log import emit
from gateway import events
from gateway.commands.records import (
    Changes,
    apply,
    change_rights,
    expect,
    raise_version,
    record_change,
    stamp,
)
from gateway.commands.users import tell_users_changed
from gateway.models.team import Team, TeamMember
from gateway.queries.departments import are_usable
from gateway.queries.teams import get_visible_team, members_of, name_is_taken, outside
from gateway.queries.users import are_active
from kernel.errors import Conflict, Forbidden, NotFound, invalid
from kernel.ids import uuid7
from kernel.text import fold

MANAGE, MEMBERS = "gateway.team.manage", "gateway.team.members"


async def create_team(session: AsyncSession, caller: Caller, values: Mapping[str, Any]) -> Team:
    """Make a team without members.

    Raises:
        Forbidden: the caller's right does not reach the new team.
        Conflict: there is one of this name.
        Invalid: the leader or the department does not exist.
    """
    await change_rights(session)
    new_id = uuid7()
    await _check(session, new_id, values)
    team = Team(
        id=new_id, **stamp(session), deleted_at=None, **values, name_key=fold(values["name"])
    )
    _require(caller, MANAGE, team)
    session.add(team)
    changes = {name: (None, value) for name, value in values.items()}
    await _tell(session, team, "created", changes, _present(team.leader_id))
    return team


async def change_team(
    session: AsyncSession,
    caller: Caller,
    team_id: UUID,
    values: Mapping[str, Any],
    expected: int | None,
) -> Team:
    """Change what was given.

    Raises:
        NotFound, Forbidden, Stale, Conflict, Invalid: as their names say.
    """
    await change_rights(session)
    team = await get_visible_team(session, caller, team_id, lock=True)
    _require(caller, MANAGE, team)
    expect(team, expected)
    await _check(session, team_id, values)
    former = team.leader_id
    changes = apply(team, dict(values))
    if not changes:
        return team
    _require(caller, MANAGE, team)
    await _check_members(session, team)
    team.name_key = fold(team.name)
    raise_version(session, team)
    leaders = _present(former, team.leader_id) if "leader_id" in changes else set()
    await _tell(session, team, "changed", changes, leaders)
    return team


async def put_member(
    session: AsyncSession, caller: Caller, team_id: UUID, user_id: UUID, limits: Mapping[str, Any]
) -> TeamMember:
    """Take a user into a team, or change the limits of a member.

    Raises:
        NotFound, Forbidden: the team cannot be seen, or its members not be managed.
        Invalid: the user is not active, or not of the team's department.
    """
    await change_rights(session)
    team = await get_visible_team(session, caller, team_id, lock=True)
    _require(caller, MEMBERS, team)
    member = await session.get(TeamMember, (team_id, user_id))
    before = _limits(member) if member else None
    if member is None:
        if not await are_active(session, {user_id}):
            raise invalid("user_id", "there is no such active user", "reference_unknown")
        member = TeamMember(team_id=team_id, user_id=user_id, **limits)
        session.add(member)
        await _check_members(session, team)
    else:
        for field, value in limits.items():
            setattr(member, field, value)
    if before == limits:
        return member
    raise_version(session, team)
    changes = {f"members/{user_id}": (before, dict(limits))}
    await _tell(session, team, "changed", changes, set() if before else {user_id})
    return member


async def remove_member(
    session: AsyncSession, caller: Caller, team_id: UUID, user_id: UUID
) -> None:
    """Take a member out of a team.

    Raises:
        NotFound, Forbidden: the team cannot be seen, nobody such is in it, or not yours to say.
    """
    await change_rights(session)
    team = await get_visible_team(session, caller, team_id, lock=True)
    _require(caller, MEMBERS, team)
    member = await session.get(TeamMember, (team_id, user_id))
    if member is None:
        raise NotFound("There is no such member.")
    await session.delete(member)
    raise_version(session, team)
    changes = {f"members/{user_id}": (_limits(member), None)}
    await _tell(session, team, "changed", changes, {user_id})


def _require(caller: Caller, right: str, team: Team) -> None:
    reached = caller.covers(
        right, owner_id=team.leader_id, team_id=team.id, department_id=team.department_id
    )
    if not reached:
        raise Forbidden(f"This needs the right {right} for the team.", right=right)


async def _check(session: AsyncSession, team_id: UUID, values: Mapping[str, Any]) -> None:
    if "name" in values and await name_is_taken(session, fold(values["name"]), but=team_id):
        raise Conflict("There is a team of this name.", code="name_taken")
    leader, department = values.get("leader_id"), values.get("department_id")
    if leader is not None and not await are_active(session, {leader}):
        raise invalid("leader_id", "there is no such active user", "reference_unknown")
    if department is not None and not await are_usable(session, {department}):
        raise invalid("department_id", "there is no such active department", "reference_unknown")


async def _check_members(session: AsyncSession, team: Team) -> None:
    """Refuse members from outside the team's department."""
    if team.department_id is None:
        return
    await session.flush()
    members = (await members_of(session, {team.id}))[team.id]
    strangers = await outside(session, team.department_id, {m.user_id for m in members})
    if strangers:
        raise invalid(
            "department_id", "some members are not of this department", "not_of_department"
        )


def _limits(member: TeamMember) -> dict[str, Any]:
    return {"max_30d": member.max_30d, "skip": member.skip, "filter": member.filter}


def _present(*ids: UUID | None) -> set[UUID]:
    return {id_ for id_ in ids if id_ is not None}


async def _tell(
    session: AsyncSession,
    team: Team,
    action: str,
    changes: Changes,
    affected: Collection[UUID],
) -> None:
    """Say what the team is now, and that the teams of `affected` users changed."""
    await session.flush()
    members = (await members_of(session, {team.id}))[team.id]
    event = events.team_changed(team, members)
    emit(session, event, team.version, department_id=team.department_id, team_id=team.id)
    record_change(session, team, action, changes)
    await tell_users_changed(session, affected)
