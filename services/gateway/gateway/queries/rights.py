"""Who somebody is: roles, effective rights, departments, teams and mates (GAT-034, 039, 042)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.tokens import packed
from contracts.permissions import Grants, Scope, of_service, shipped_roles, widest
from gateway.models.department import Department
from gateway.models.session import LoginSession
from gateway.models.setup import RightsState
from gateway.models.team import Team, TeamMember
from gateway.models.user import User

ADMINISTRATOR = "administrator"
MOST_MATES = 1_500
"""About 43 kB of a token, and more people than the two largest teams that can be told of have.

With the rest the header stays under the 60 KiB that proxies commonly let through.
"""
HEAD, LEADER = "department.head_id", "team.leader_id"


@dataclass(frozen=True)
class Identity:
    """A user as rights see them; `departments` and `teams` hold the headed and led ones too.

    `mates` are the members of the teams, the user among them, so that a team's tokens say the same
    of it. Beyond `MOST_MATES` the newest accounts are left out, which is logged: a token travels in
    a header of every call, and one that is too long opens nothing. Records that name the team
    itself are reached all the same.
    """

    user_id: UUID
    roles: tuple[str, ...]
    grants: Grants
    departments: tuple[UUID, ...]
    teams: tuple[UUID, ...]
    mates: tuple[UUID, ...]

    def claims(self, service: str) -> dict[str, Any]:
        """Answer what the internal token of one service says about the user."""
        grants = of_service(self.grants, service)
        # whom a record belongs to besides the user matters to these scopes only
        by_group = not {Scope.TEAM, Scope.DEPARTMENT}.isdisjoint(grants.values())
        return {
            "sub": str(self.user_id),
            "kind": "user",
            "way": "api",
            "roles": list(self.roles),
            "rights": {
                right.removeprefix(f"{service}."): scope.value for right, scope in grants.items()
            },
            "departments": [str(department) for department in self.departments],
            "teams": [str(team) for team in self.teams],
            "packed_mates": packed(self.mates) if by_group else "",
        }


def grantable_roles() -> frozenset[str]:
    """Answer the codes of the roles a user can be given; the others come by themselves."""
    return frozenset(
        code
        for code, role in shipped_roles().items()
        if not role.implicit and role.attribute_of is None
    )


def roles_held(granted: Iterable[str], *, heads: bool, leads: bool) -> tuple[str, ...]:
    """Add to the granted roles those of everybody, of department heads and of team leaders."""
    given, attributes = set(granted), {HEAD: heads, LEADER: leads}
    return tuple(
        code
        for code, role in shipped_roles().items()
        if role.implicit or code in given or attributes.get(role.attribute_of or "", False)
    )


async def find_identity(session: AsyncSession, user_id: UUID) -> Identity | None:
    """Answer who an active user is now."""
    teams = select(Team.id).where(Team.deleted_at.is_(None), _in_team(user_id))
    mates = (
        select(TeamMember.user_id)
        .where(TeamMember.team_id.in_(teams))
        .distinct()
        .order_by(TeamMember.user_id)
        .limit(MOST_MATES)
    )
    headed = select(Department.id).where(
        Department.head_id == user_id, Department.deleted_at.is_(None)
    )
    led = select(Team.id).where(Team.leader_id == user_id, Team.deleted_at.is_(None))
    found = (
        await session.execute(
            select(
                User.roles,
                User.department_ids,
                _ids(headed).label("headed"),
                _ids(teams).label("teams"),
                _ids(led).label("led"),
                _ids(mates).label("mates"),
            ).where(User.id == user_id, User.active)
        )
    ).one_or_none()
    if found is None:
        return None
    roles = roles_held(found.roles, heads=bool(found.headed), leads=bool(found.led))
    return Identity(
        user_id=user_id,
        roles=roles,
        grants=widest(*(shipped_roles()[code].grants for code in roles)),
        departments=tuple(dict.fromkeys([*found.department_ids, *found.headed])),
        teams=tuple(found.teams),
        mates=tuple(found.mates),
    )


def _ids(query: Any) -> Any:
    return func.array(query.scalar_subquery(), type_=ARRAY(Uuid))


def _in_team(user_id: UUID) -> Any:
    joined = select(TeamMember.team_id).where(TeamMember.user_id == user_id)
    return or_(Team.leader_id == user_id, Team.id.in_(joined))


async def find_session_identity(
    session: AsyncSession, session_id: UUID, user_id: UUID
) -> Identity | None:
    """Answer who is behind a login session, while it lives."""
    alive = await session.scalar(
        select(LoginSession.id).where(
            LoginSession.id == session_id,
            LoginSession.user_id == user_id,
            LoginSession.ended_at.is_(None),
        )
    )
    return await find_identity(session, user_id) if alive else None


async def news_of_rights(session: AsyncSession, since: datetime) -> tuple[int, list[UUID]]:
    """Answer the version of all rights, and the sessions that have ended since."""
    ended = select(LoginSession.id).where(LoginSession.ended_at > since)
    row = (await session.execute(select(RightsState.version, _ids(ended).label("ended")))).one()
    return row.version, row.ended
