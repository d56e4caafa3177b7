"""Users (GAT-030, GAT-032)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Authenticated
from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.schemas import Input, Output
from chassis.http.timelines import Entry, Stretch, timeline_page
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, tag
from gateway.api.callers import UserManager, UserReader
from gateway.api.fields import Language, Password, TimeZone
from gateway.api.hand_over import HandOver, to_hand_over
from gateway.commands import users as commands
from gateway.models.user import User
from gateway.queries.users import (
    filter_users,
    get_visible_user,
    team_ids_of,
    users_to_pick,
    visible_users,
)
from kernel import clock
from kernel.pages import Page
from kernel.text import Email, Line

router = APIRouter(prefix="/users", tags=["users"], route_class=Route)

ORDER = Order(
    {"name": User.name, "email": User.email, "created_at": User.created_at}, "name", User.id
)

Roles = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=50)]
DepartmentIds = Annotated[
    list[UUID], Field(max_length=50, description="The first is that of the user's own records.")
]
Search = Annotated[str | None, Query(max_length=100, description="Part of the name.")]


class UserIn(Input):
    """A new user; without a password the account waits for one."""

    email: Email
    name: Annotated[str, Line(250)]
    password: Password | None = None
    roles: Roles = Field(default_factory=list)
    department_ids: DepartmentIds = Field(default_factory=list)
    language: Language = "en"
    time_zone: TimeZone | None = None


class UserChange(Input):
    """What may be changed about a user."""

    email: Email = ""
    name: Annotated[str, Line(250)] = ""
    password: Password | None = None
    roles: Roles = Field(default_factory=list)
    department_ids: DepartmentIds = Field(default_factory=list)
    language: Language = ""
    time_zone: TimeZone = ""


class UserOut(Output):
    """An account."""

    id: UUID
    version: int
    email: str
    name: str
    roles: list[str]
    department_ids: list[UUID]
    team_ids: list[UUID]
    language: str
    time_zone: str
    active: bool
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class UserPick(Output):
    """A user as pickers show one."""

    id: UUID
    name: str
    department_ids: list[UUID]


class Deactivated(HandOver):
    """A deactivated user, and what somebody else has to take over."""

    user: UserOut


def shown(user: User, team_ids: tuple[UUID, ...]) -> UserOut:
    """Show a user with the teams."""
    columns = {name: getattr(user, name) for name in UserOut.model_fields if name != "team_ids"}
    return UserOut(**columns, team_ids=list(team_ids))


async def _whole(session: AsyncSession, user: User, response: Response) -> UserOut:
    tag(response, user.version)
    return shown(user, (await team_ids_of(session, {user.id}))[user.id])


async def _values(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Turn what was sent into columns; the password is hashed before anything is locked."""
    password = given.pop("password", None)
    for field in ("roles", "department_ids"):
        if field in given:
            given[field] = list(dict.fromkeys(given[field]))
    if password is not None:
        hashed = await request.app.state.passwords.hash(password.get_secret_value())
        given["password_hash"] = hashed
    return given


@router.get("")
async def list_users(
    *,
    session: ReadSession,
    caller: UserReader,
    paging: Paging,
    q: Search = None,
    active: bool | None = None,
    department_id: UUID | None = None,
) -> Page[UserOut]:
    """Answer who has an account."""
    query = filter_users(visible_users(caller), q=q, active=active, department_id=department_id)
    page = await fetch_page(session, query, ORDER, paging)
    teams = await team_ids_of(session, {user.id for user in page.rows})
    items = [shown(user, teams[user.id]) for user in page.rows]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.get("/picker")
async def pick_users(
    session: ReadSession, _: Authenticated, paging: Paging, q: Search = None
) -> Page[UserPick]:
    """Answer the active users, for anybody who has to choose one (GAT-032)."""
    query = filter_users(users_to_pick(), q=q)
    page = await fetch_page(session, query, ORDER, paging)
    items = [UserPick.model_validate(user) for user in page.rows]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.post("", status_code=201)
async def create_user(
    request: Request, body: UserIn, response: Response, session: WriteSession, _: UserManager
) -> UserOut:
    """Make an account."""
    given = body.model_dump()
    given["time_zone"] = body.time_zone or clock.zone().key
    given["password_hash"] = None
    user = await commands.create_user(session, await _values(request, given))
    response.headers["Location"] = f"/v1/users/{user.id}"
    tag(response, user.version)
    return shown(user, ())


@router.get("/{user_id}")
async def read_user(
    user_id: UUID, response: Response, session: ReadSession, caller: UserReader
) -> UserOut:
    """Answer one user."""
    return await _whole(session, await get_visible_user(session, caller, user_id), response)


@router.patch("/{user_id}")
async def change_user(
    *,
    request: Request,
    user_id: UUID,
    body: UserChange,
    response: Response,
    session: WriteSession,
    _: UserManager,
    if_match: IfMatch,
) -> UserOut:
    """Change a user; a new password ends the user's sessions."""
    values = await _values(request, body.given())
    user = await commands.change_user(session, user_id, values, if_match)
    return await _whole(session, user, response)


@router.post("/{user_id}/deactivate")
async def deactivate_user(
    user_id: UUID, response: Response, session: WriteSession, _: UserManager, if_match: IfMatch
) -> Deactivated:
    """Take the login from a user; lists what somebody else has to take over."""
    user = await commands.deactivate_user(session, user_id, if_match)
    whole = await _whole(session, user, response)
    left = await to_hand_over(session, user_id)
    return Deactivated(user=whole, **dict(left))


@router.post("/{user_id}/activate")
async def activate_user(
    user_id: UUID, response: Response, session: WriteSession, _: UserManager, if_match: IfMatch
) -> UserOut:
    """Give the login back to a user."""
    user = await commands.activate_user(session, user_id, if_match)
    return await _whole(session, user, response)


@router.get("/{user_id}/timeline")
async def read_timeline(
    user_id: UUID, session: ReadSession, caller: UserReader, asked: Stretch
) -> Page[Entry]:
    """Answer who changed the user, newest first."""
    await get_visible_user(session, caller, user_id)
    return await timeline_page(session, "user", user_id, asked)
