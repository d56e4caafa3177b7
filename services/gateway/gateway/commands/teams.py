"""Sales teams: made, changed, deleted when unused, restored (GAT-036)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from gateway.commands.announcements import tell_people, tell_team
from gateway.commands.records import (
    apply,
    change_rights,
    expect,
    raise_version,
    refuse,
    stamp,
)
from gateway.models.team import Team
from gateway.queries.departments import are_usable
from gateway.queries.known_records import records_of_team
from gateway.queries.teams import (
    MANAGE,
    get_visible_team,
    members_of,
    name_is_taken,
    outside,
    require,
)
from gateway.queries.users import are_active, team_ids_of
from kernel import clock
from kernel.errors import Conflict, Invalid, invalid
from kernel.ids import uuid7
from kernel.text import fold


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
    require(caller, MANAGE, team)
    people = await team_ids_of(session, _present(team.leader_id))
    session.add(team)
    changes = {name: (None, value) for name, value in values.items()}
    await tell_team(session, team, "created", changes)
    await tell_people(session, people)
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
    team = await _team_to_manage(session, caller, team_id, expected)
    await _check(session, team_id, values)
    people = await team_ids_of(session, _present(team.leader_id, values.get("leader_id")))
    changes = apply(team, dict(values))
    if not changes:
        return team
    require(caller, MANAGE, team)
    await _check_members(session, team)
    team.name_key = fold(team.name)
    raise_version(session, team)
    await tell_team(session, team, "changed", changes)
    await tell_people(session, people)
    return team


async def delete_team(
    session: AsyncSession, caller: Caller, team_id: UUID, expected: int | None
) -> None:
    """Delete a team no record refers to.

    Raises:
        NotFound, Forbidden, Stale: as their names say.
        Conflict: leads, deals or other records are the team's; the problem counts them.
    """
    team = await _team_to_manage(session, caller, team_id, expected)
    uses = await records_of_team(session, team_id)
    if uses:
        raise Conflict("The team is in use.", code="team_used", uses=uses)
    await _switch(session, team, "deleted")


async def restore_team(
    session: AsyncSession, caller: Caller, team_id: UUID, expected: int | None
) -> Team:
    """Bring a deleted team back, with the members it had.

    Raises:
        NotFound: it is not deleted.
        Conflict: its name is taken, or its department was deleted meanwhile.
    """
    team = await _team_to_manage(session, caller, team_id, expected, deleted=True)
    await _check_name(session, team_id, team.name)
    if team.department_id and not await are_usable(session, {team.department_id}):
        raise Conflict("The team's department is not active.", code="department_inactive")
    await _switch(session, team, "restored")
    return team


async def _switch(session: AsyncSession, team: Team, action: str) -> None:
    """Delete or restore a team; both change the teams of its people."""
    members = (await members_of(session, {team.id}))[team.id]
    ids = {member.user_id for member in members} | _present(team.leader_id)
    people = await team_ids_of(session, ids)
    was_deleted = team.deleted_at is not None
    team.deleted_at = None if was_deleted else clock.now()
    raise_version(session, team)
    await tell_team(session, team, action, {"deleted": (was_deleted, not was_deleted)})
    await tell_people(session, people)


async def _team_to_manage(
    session: AsyncSession,
    caller: Caller,
    team_id: UUID,
    expected: int | None,
    *,
    deleted: bool = False,
) -> Team:
    await change_rights(session)
    team = await get_visible_team(session, caller, team_id, lock=True, deleted=deleted)
    require(caller, MANAGE, team)
    expect(team, expected)
    return team


async def _check(session: AsyncSession, team_id: UUID, values: Mapping[str, Any]) -> None:
    refuse(
        await _wrong_leader(session, values.get("leader_id")),
        await _wrong_department(session, values.get("department_id")),
    )
    if "name" in values:
        await _check_name(session, team_id, values["name"])


async def _wrong_leader(session: AsyncSession, leader: UUID | None) -> Invalid | None:
    if leader is None or await are_active(session, {leader}):
        return None
    return invalid("leader_id", "there is no such active user", "user_unknown")


async def _wrong_department(session: AsyncSession, department: UUID | None) -> Invalid | None:
    if department is None or await are_usable(session, {department}):
        return None
    return invalid("department_id", "there is no such active department", "department_unknown")


async def _check_name(session: AsyncSession, team_id: UUID, name: str) -> None:
    if await name_is_taken(session, fold(name), but=team_id):
        raise Conflict("There is a team of this name.", code="team_name_taken")


async def _check_members(session: AsyncSession, team: Team) -> None:
    """Refuse a department that members do not belong to."""
    if team.department_id is None:
        return
    members = (await members_of(session, {team.id}))[team.id]
    if await outside(session, team.department_id, {member.user_id for member in members}):
        detail = "some members are not of this department"
        raise invalid("department_id", detail, "member_of_other_department")


def _present(*ids: UUID | None) -> set[UUID]:
    return {id_ for id_ in ids if id_ is not None}
