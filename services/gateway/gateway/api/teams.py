"""Sales teams and their members (GAT-036, GAT-037)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.schemas import Flag, Input, Output, Whole
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, tag
from gateway.api.callers import MembersManager, TeamManager, TeamReader
from gateway.api.timelines import Before, EntryOut, timeline_page
from gateway.commands import teams as commands
from gateway.events import target_of
from gateway.models.team import Team, TeamMember
from gateway.queries.teams import get_visible_team, members_of, visible_teams
from kernel.money import NonNegativeMoney
from kernel.pages import Page
from kernel.text import Email, Line

router = APIRouter(prefix="/teams", tags=["teams"], route_class=Route)

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


class MemberIn(Input):
    """The limits within which leads are assigned to a member."""

    max_30d: Annotated[Whole, Field(ge=0, le=100_000, description="Leads in 30 days.")] = 30
    skip: Flag = False
    filter: Annotated[dict[str, Any], Field(max_length=50, default_factory=dict)]


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


def shown(team: Team, members: list[TeamMember]) -> TeamOut:
    """Show a team with its members."""
    apart = {"target", "members"}
    columns = {name: getattr(team, name) for name in TeamOut.model_fields if name not in apart}
    return TeamOut(
        **columns,
        target=target_of(team),
        members=[MemberOut.model_validate(member) for member in members],
    )


def _values(given: dict[str, Any]) -> dict[str, Any]:
    """Turn what was sent into columns."""
    if "target" in given:
        target = given.pop("target")
        given["target_amount"] = target.amount if target else None
        given["target_currency"] = target.currency if target else None
    return given


@router.get("")
async def list_teams(session: ReadSession, caller: TeamReader, paging: Paging) -> Page[TeamOut]:
    """Answer the teams."""
    page = await fetch_page(session, visible_teams(caller), ORDER, paging)
    members = await members_of(session, {team.id for team in page.rows})
    items = [shown(team, members[team.id]) for team in page.rows]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.post("", status_code=201)
async def create_team(
    body: TeamIn, response: Response, session: WriteSession, caller: TeamManager
) -> TeamOut:
    """Make a team."""
    given = {name: getattr(body, name) for name in TeamIn.model_fields}
    team = await commands.create_team(session, caller, _values(given))
    response.headers["Location"] = f"/v1/teams/{team.id}"
    tag(response, team.version)
    return shown(team, [])


@router.get("/{team_id}")
async def read_team(
    team_id: UUID, response: Response, session: ReadSession, caller: TeamReader
) -> TeamOut:
    """Answer one team."""
    team = await get_visible_team(session, caller, team_id)
    tag(response, team.version)
    return shown(team, (await members_of(session, {team_id}))[team_id])


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
    team = await commands.change_team(session, caller, team_id, _values(body.given()), if_match)
    tag(response, team.version)
    return shown(team, (await members_of(session, {team_id}))[team_id])


@router.put("/{team_id}/members/{user_id}")
async def put_member(
    team_id: UUID, user_id: UUID, body: MemberIn, session: WriteSession, caller: MembersManager
) -> MemberOut:
    """Take a user into the team, or change a member's limits."""
    member = await commands.put_member(session, caller, team_id, user_id, body.model_dump())
    return MemberOut.model_validate(member)


@router.delete("/{team_id}/members/{user_id}", status_code=204)
async def remove_member(
    team_id: UUID, user_id: UUID, session: WriteSession, caller: MembersManager
) -> Response:
    """Take a member out of the team."""
    await commands.remove_member(session, caller, team_id, user_id)
    return Response(status_code=204)


@router.get("/{team_id}/timeline")
async def read_timeline(
    team_id: UUID, session: ReadSession, caller: TeamReader, before: Before = None
) -> Page[EntryOut]:
    """Answer who changed the team, newest first."""
    await get_visible_team(session, caller, team_id)
    return await timeline_page(session, "team", team_id, before)
