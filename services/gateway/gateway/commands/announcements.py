"""What the other services hear when teams change, and with them their people."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.event_log import EventTooLarge, emit
from contracts.gateway import UserChanged
from gateway import events
from gateway.commands.records import Changes, raise_version, record_change
from gateway.models.team import Team
from gateway.queries.teams import members_of
from gateway.queries.users import find_users, team_ids_of
from kernel.errors import Conflict


async def tell_team(session: AsyncSession, team: Team, action: str, changes: Changes) -> None:
    """Say what a team is now, with all its members, and note the change.

    Raises:
        Conflict: its members and their filters are too many for one event.
    """
    await session.flush()
    members = (await members_of(session, {team.id}))[team.id]
    event = events.team_changed(team, members)
    try:
        emit(session, event, team.version, department_id=team.department_id, team_id=team.id)
    except EventTooLarge as error:
        detail = "The team has more members and filters than can be told of at once."
        raise Conflict(detail, code="team_too_large") from error
    record_change(session, team, action, changes)


async def tell_people(session: AsyncSession, before: Mapping[UUID, tuple[UUID, ...]]) -> None:
    """Raise the version of users whose teams are no longer those of `before`, and say so."""
    await session.flush()
    now = await team_ids_of(session, before)
    changed = [user_id for user_id, teams in before.items() if now[user_id] != teams]
    for user in await find_users(session, changed):
        raise_version(session, user)
        emit(session, events.about_user(UserChanged, user, now[user.id]), user.version)
        teams = list(before[user.id]), list(now[user.id])
        record_change(session, user, "changed", {"team_ids": teams})
