"""The caller's own profile, with everything the caller may do."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field, SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Authenticated, Scope
from chassis.http.schemas import Input, Output
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, database_of, tag
from gateway.api.access import session_of
from gateway.api.callers import ProfileOwner
from gateway.api.fields import Language, Password, TimeZone
from gateway.commands.users import change_own_password, change_user
from gateway.queries.rights import find_identity
from gateway.queries.users import get_me, names_of_groups
from kernel.errors import Unauthenticated, invalid
from kernel.text import Line

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


class MeChange(Input):
    """What everybody may change about themselves."""

    name: Annotated[str, Line(250)] = ""
    language: Language = ""
    time_zone: TimeZone = ""


class PasswordChange(Input):
    """The password until now, and the one from now on."""

    current_password: Annotated[SecretStr, Field(max_length=1000)]
    new_password: Password


@router.get("")
async def read_me(response: Response, session: ReadSession, caller: Authenticated) -> MeOut:
    """Answer who is logged in and what this user may do in every service."""
    return await _shown(session, caller.user_id, response)


@router.patch("")
async def change_me(
    body: MeChange,
    response: Response,
    session: WriteSession,
    caller: ProfileOwner,
    if_match: IfMatch,
) -> MeOut:
    """Change one's own name, language or time zone."""
    await change_user(session, caller.user_id, body.given(), if_match)
    return await _shown(session, caller.user_id, response)


@router.post("/password", status_code=204)
async def change_password(
    request: Request, body: PasswordChange, session: WriteSession, caller: ProfileOwner
) -> Response:
    """Change one's own password; every other session of the user ends (GAT-023)."""
    passwords, session_id = request.app.state.passwords, session_of(request)
    async with database_of(request).reading() as looking:
        known = (await get_me(looking, caller.user_id)).password_hash
    if known is None or not await passwords.matches(
        known, body.current_password.get_secret_value()
    ):
        raise invalid("current_password", "is not the password until now", "password_wrong")
    new = await passwords.hash(body.new_password.get_secret_value())
    await change_own_password(session, caller.user_id, known, new, session_id)
    return Response(status_code=204)


async def _shown(session: AsyncSession, user_id: UUID, response: Response) -> MeOut:
    identity = await find_identity(session, user_id)
    if identity is None:
        raise Unauthenticated
    user = await get_me(session, user_id)
    departments, teams = await names_of_groups(session, identity.departments, identity.teams)
    tag(response, user.version)
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
