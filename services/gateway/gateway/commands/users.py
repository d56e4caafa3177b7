"""Users: made, changed, deactivated, never deleted (GAT-030)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.event_log import emit
from contracts.gateway import UserChanged, UserCreated, UserDeactivated, UserEvent
from gateway import events
from gateway.commands.members import leave_teams
from gateway.commands.records import (
    Changed,
    apply,
    change_rights,
    expect,
    raise_version,
    record_change,
    refuse,
    stamp,
)
from gateway.commands.sessions import end_sessions_of
from gateway.models.user import User
from gateway.queries.departments import are_usable
from gateway.queries.rights import ADMINISTRATOR, grantable_roles
from gateway.queries.users import (
    administrators,
    find_by_email,
    get_user,
    team_ids_of,
)
from kernel.errors import Conflict, Invalid, invalid
from kernel.ids import uuid7
from kernel.text import email_key, fold, trigrams

PASSWORD = "password_hash"  # noqa: S105 - the name of a column


async def create_user(session: AsyncSession, values: Mapping[str, Any]) -> User:
    """Make an account; `values` are the columns a person may fill.

    Raises:
        Conflict: the e-mail address belongs to somebody.
        Invalid: a role or department does not exist.
    """
    await change_rights(session)
    await _check(session, values, before=None)
    user = User(id=uuid7(), **stamp(session), active=True, **values, **_keys(values))
    session.add(user)
    emit(session, events.about_user(UserCreated, user, ()), user.version)
    record_change(
        session, user, "created", {field: (None, value) for field, value in values.items()}
    )
    return user


async def change_user(
    session: AsyncSession, user_id: UUID, values: Mapping[str, Any], expected: int | None
) -> User:
    """Change what was given; a new password ends every session of the user.

    Who leaves a department leaves the teams that have members of it only.

    Raises:
        NotFound, Stale, Conflict, Invalid: as their names say.
    """
    await change_rights(session)
    user = await get_user(session, user_id)
    expect(user, expected)
    await _check(session, values, before=user)
    departments = set(user.department_ids)
    changes = apply(user, {**values, **_keys(values)})
    if not changes:
        return user
    if ADMINISTRATOR not in user.roles:
        await _keep_an_administrator(session, user_id)
    if PASSWORD in changes:
        await end_sessions_of(session, user_id, "password_changed")
    teams = (await team_ids_of(session, {user_id}))[user_id]
    await leave_teams(session, user_id, departments - set(user.department_ids))
    await _tell_changed(session, user, changes, teams)
    return user


async def change_own_password(
    session: AsyncSession, user_id: UUID, old_hash: str, new_hash: str, session_id: UUID
) -> None:
    """Put a hash in the place of `old_hash`; ends the user's sessions but the one that asks.

    Raises:
        Conflict: the password was changed meanwhile.
    """
    await change_rights(session)
    user = await get_user(session, user_id)
    if user.password_hash != old_hash:
        raise Conflict("The password was changed meanwhile.", code="password_changed_meanwhile")
    changes = apply(user, {PASSWORD: new_hash})
    await end_sessions_of(session, user_id, "password_changed", but=session_id)
    await _tell_changed(session, user, changes, (await team_ids_of(session, {user_id}))[user_id])


async def _tell_changed(
    session: AsyncSession, user: User, changes: Changed, teams: tuple[UUID, ...]
) -> None:
    """Say who a user is now; `teams` are those before the change."""
    await session.flush()
    now = (await team_ids_of(session, {user.id}))[user.id]
    if now != teams:
        changes["team_ids"] = list(teams), list(now)
    raise_version(session, user)
    emit(session, events.about_user(UserChanged, user, now), user.version)
    record_change(session, user, "changed", changes)


async def deactivate_user(session: AsyncSession, user_id: UUID, expected: int | None) -> User:
    """Take the login from a user; the records stay.

    Raises:
        NotFound, Stale: as their names say.
        Conflict: it is the last administrator.
    """
    return await _switch(session, user_id, expected, active=False)


async def activate_user(session: AsyncSession, user_id: UUID, expected: int | None) -> User:
    """Give the login back to a user.

    Raises:
        NotFound, Stale: as their names say.
    """
    return await _switch(session, user_id, expected, active=True)


async def rehash_password(session: AsyncSession, user_id: UUID, old: str, new: str) -> None:
    """Keep the same password under better parameters, unless it was changed meanwhile."""
    same = update(User).where(User.id == user_id, User.password_hash == old)
    await session.execute(same.values(password_hash=new))


async def _switch(
    session: AsyncSession, user_id: UUID, expected: int | None, *, active: bool
) -> User:
    await change_rights(session)
    user = await get_user(session, user_id)
    expect(user, expected)
    if user.active == active:
        return user
    user.active = active
    if not active:
        await _keep_an_administrator(session, user_id)
        await end_sessions_of(session, user_id, "deactivated")
    event: type[UserEvent] = UserChanged if active else UserDeactivated
    raise_version(session, user)
    teams = await team_ids_of(session, {user_id})
    emit(session, events.about_user(event, user, teams[user_id]), user.version)
    action = "activated" if active else "deactivated"
    record_change(session, user, action, {"active": (not active, active)})
    return user


async def _check(session: AsyncSession, values: Mapping[str, Any], before: User | None) -> None:
    kept = set(before.department_ids) if before else set()
    refuse(
        _wrong_roles(set(values.get("roles", ()))),
        await _wrong_departments(session, set(values.get("department_ids", ())) - kept),
    )
    if "email" in values:
        holder = await find_by_email(session, values["email"])
        if holder is not None and (before is None or holder.id != before.id):
            raise Conflict("Somebody has this e-mail address.", code="user_email_taken")


def _wrong_roles(roles: set[str]) -> Invalid | None:
    unknown = sorted(roles - grantable_roles())
    if not unknown:
        return None
    return invalid("roles", f"no role that can be given: {', '.join(unknown)}", "role_unknown")


async def _wrong_departments(session: AsyncSession, added: set[UUID]) -> Invalid | None:
    if not added or await are_usable(session, added):
        return None
    return invalid("department_ids", "there is no such active department", "department_unknown")


async def _keep_an_administrator(session: AsyncSession, user_id: UUID) -> None:
    if not await administrators(session, but=user_id):
        raise Conflict("Somebody has to be the administrator.", code="last_administrator")


def _keys(values: Mapping[str, Any]) -> Changed:
    """Answer the columns by which users are found."""
    keys: Changed = {}
    if "name" in values:
        keys["name_key"] = fold(values["name"])
        keys["name_trigrams"] = trigrams(values["name"])
    if "email" in values:
        keys["email_key"] = email_key(values["email"])
    return keys
