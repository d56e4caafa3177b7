"""Sales teams and their members (GAT-036, GAT-037)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.removal import Deleted
from chassis.http.schemas import Flag, Input, Output, Whole
from chassis.http.timelines import Entry, Stretch, timeline_page
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, tag
from gateway.api.callers import MembersManager, TeamManager, TeamReader
from gateway.commands import members, teams
from gateway.events import target_of
from gateway.models.team import Team, TeamMember
from gateway.queries.teams import MANAGE, get_visible_team, members_of, visible_teams
from kernel.money import NonNegativeMoney
from kernel.pages import Page
from kernel.text import Email, FreeForm, Line

router = APIRouter(prefix="/teams", tags=["teams"], route_class=Route)

LONGEST_FILTER = 2000

ORDER = Order({"name": Team.name, "created_at": Team.created_at}, "name", Team.id)


class TeamIn(Input):
    """A new team; with a department, only people of it can be members."""

    name: Annotated[str, Line(250)]
    leader_id: UUID | None = None
    department_id: UUID | None = None
    alias: Email | None = None
    target: NonNegativeMoney | None = None
    uses_leads: Flag = True
    active: Flag = True


class TeamChange(TeamIn):
    """What may be changed about a team."""

    name: Annotated[str, Line(250)] = ""


def _short(value: dict[str, Any]) -> dict[str, Any]:
    if len(orjson.dumps(value)) > LONGEST_FILTER:
        raise PydanticCustomError("filter_too_large", "Input should have at most 2,000 bytes")
    return value


class MemberIn(Input):
    """The limits within which leads are assigned to a member."""

    max_30d: Annotated[Whole, Field(ge=0, le=100_000, description="Leads in 30 days.")] = 30
    skip: Flag = False
    filter: Annotated[FreeForm, Field(max_length=50, default_factory=dict), AfterValidator(_short)]


class MemberOut(Output):
    """A member of a team."""

    user_id: UUID
    max_30d: int
    skip: bool
    filter: dict[str, Any]


class TeamOut(Output):
    """A team with its members."""

    id: UUID
    version: int
    name: str
    leader_id: UUID | None
    department_id: UUID | None
    alias: str | None
    target: NonNegativeMoney | None
    uses_leads: bool
    active: bool
    members: list[MemberOut]
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    deleted_at: datetime | None


def shown(team: Team, of_team: list[TeamMember]) -> TeamOut:
    """Show a team with its members."""
    apart = {"target", "members"}
    columns = {name: getattr(team, name) for name in TeamOut.model_fields if name not in apart}
    return TeamOut(
        **columns,
        target=target_of(team),
        members=[MemberOut.model_validate(member) for member in of_team],
    )


def _values(given: dict[str, Any]) -> dict[str, Any]:
    """Turn what was sent into columns."""
    if "target" in given:
        target = given.pop("target")
        given["target_amount"] = target.amount if target else None
        given["target_currency"] = target.currency if target else None
    return given


async def _whole(session: AsyncSession, team: Team, response: Response) -> TeamOut:
    tag(response, team.version)
    return shown(team, (await members_of(session, {team.id}))[team.id])


@router.get("")
async def list_teams(
    *,
    session: ReadSession,
    caller: TeamReader,
    paging: Paging,
    deleted: Deleted = False,
) -> Page[TeamOut]:
    """Answer the teams, or those an administrator can bring back."""
    if deleted:
        caller.require_everywhere(MANAGE)
    page = await fetch_page(session, visible_teams(caller, deleted=deleted), ORDER, paging)
    of_team = await members_of(session, {team.id for team in page.rows})
    items = [shown(team, of_team[team.id]) for team in page.rows]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.post("", status_code=201)
async def create_team(
    body: TeamIn, response: Response, session: WriteSession, caller: TeamManager
) -> TeamOut:
    """Make a team."""
    given = {name: getattr(body, name) for name in TeamIn.model_fields}
    team = await teams.create_team(session, caller, _values(given))
    response.headers["Location"] = f"/v1/teams/{team.id}"
    return await _whole(session, team, response)


@router.get("/{team_id}")
async def read_team(
    team_id: UUID, response: Response, session: ReadSession, caller: TeamReader
) -> TeamOut:
    """Answer one team."""
    return await _whole(session, await get_visible_team(session, caller, team_id), response)


@router.patch("/{team_id}")
async def change_team(
    *,
    team_id: UUID,
    body: TeamChange,
    response: Response,
    session: WriteSession,
    caller: TeamManager,
    if_match: IfMatch,
) -> TeamOut:
    """Change a team."""
    team = await teams.change_team(session, caller, team_id, _values(body.given()), if_match)
    return await _whole(session, team, response)


@router.delete("/{team_id}", status_code=204)
async def delete_team(
    team_id: UUID, session: WriteSession, caller: TeamManager, if_match: IfMatch
) -> Response:
    """Delete a team no record refers to."""
    await teams.delete_team(session, caller, team_id, if_match)
    return Response(status_code=204)


@router.post("/{team_id}/restore")
async def restore_team(
    team_id: UUID,
    response: Response,
    session: WriteSession,
    caller: TeamManager,
    if_match: IfMatch,
) -> TeamOut:
    """Bring a deleted team back."""
    caller.require_everywhere(MANAGE)
    team = await teams.restore_team(session, caller, team_id, if_match)
    return await _whole(session, team, response)


@router.put("/{team_id}/members/{user_id}")
async def put_member(
    *,
    team_id: UUID,
    user_id: UUID,
    body: MemberIn,
    response: Response,
    session: WriteSession,
    caller: MembersManager,
    if_match: IfMatch,
) -> MemberOut:
    """Take a user into the team, or change a member's limits; versions are those of the team."""
    team, member = await members.put_member(
        session, caller, team_id, user_id, body.model_dump(), expected=if_match
    )
    tag(response, team.version)
    return MemberOut.model_validate(member)


@router.delete("/{team_id}/members/{user_id}", status_code=204)
async def remove_member(
    team_id: UUID, user_id: UUID, session: WriteSession, caller: MembersManager, if_match: IfMatch
) -> Response:
    """Take a member out of the team."""
    await members.remove_member(session, caller, team_id, user_id, if_match)
    return Response(status_code=204)


@router.get("/{team_id}/timeline")
async def read_timeline(
    team_id: UUID, session: ReadSession, caller: TeamReader, asked: Stretch
) -> Page[Entry]:
    """Answer who changed the team, newest first."""
    await get_visible_team(session, caller, team_id)
    return await timeline_page(session, "team", team_id, asked)
