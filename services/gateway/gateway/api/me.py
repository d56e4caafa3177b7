"""The caller's own profile, with everything the caller may do."""

from uuid import UUID

from fastapi import APIRouter

from chassis.auth import Authenticated, Scope
from chassis.http.schemas import Output
from chassis.http.unit import ReadSession, Route
from gateway.queries.rights import find_identity
from gateway.queries.users import get_me, names_of_groups
from kernel.errors import Unauthenticated

router = APIRouter(prefix="/me", tags=["me"], route_class=Route)


class GroupOut(Output):
    """A department or team."""

    id: UUID
    name: str


class MeOut(Output):
    """Who is logged in; `rights` maps each right to its scope."""

    id: UUID
    version: int
    email: str
    name: str
    language: str
    time_zone: str
    roles: list[str]
    departments: list[GroupOut]
    teams: list[GroupOut]
    rights: dict[str, Scope]


@router.get("")
async def read_me(session: ReadSession, caller: Authenticated) -> MeOut:
    """Answer who is logged in and what this user may do in every service."""
    identity = await find_identity(session, caller.user_id)
    if identity is None:
        raise Unauthenticated
    user = await get_me(session, caller.user_id)
    departments, teams = await names_of_groups(session, identity.departments, identity.teams)
    return MeOut(
        id=user.id,
        version=user.version,
        email=user.email,
        name=user.name,
        language=user.language,
        time_zone=user.time_zone,
        roles=list(identity.roles),
        departments=_groups(identity.departments, departments),
        teams=_groups(identity.teams, teams),
        rights={right: scope.value for right, scope in identity.grants.items()},
    )


def _groups(ids: tuple[UUID, ...], names: dict[UUID, str]) -> list[GroupOut]:
    return [GroupOut(id=id_, name=names[id_]) for id_ in ids if id_ in names]
