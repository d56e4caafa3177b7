"""Who gets a record: checks of users and teams, defaults for what was left open (INT-071)."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from intake.domain.refusals import refuse_wrong
from intake.models import DepartmentReplica, TeamReplica, UserReplica
from intake.models.base import Owned
from intake.queries.people import find_active_users, is_active_group
from kernel.errors import FieldError

ASSIGNMENT: Final = frozenset({"owner_id", "co_owner_id", "team_id", "department_id"})


async def place_new(
    session: AsyncSession, caller: Caller, right: str, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Answer the values of a new record with its department, and an owner if it needs one.

    Who may only add within a scope owns what would otherwise lie outside of it.

    Raises:
        Invalid: a user, team or department is unknown or inactive.
        Forbidden: the caller may not add records for that owner or department.
    """
    users = await _checked(session, values, also=caller)
    placed = dict(values)
    placed.setdefault("department_id", None)
    if placed["department_id"] is None:
        placed["department_id"] = _department(users, placed.get("owner_id"), caller)
    owners = {name: placed.get(name) for name in ASSIGNMENT}
    if placed.get("owner_id") is None and not caller.covers(right, **owners):
        placed["owner_id"] = owners["owner_id"] = caller.user_id
    caller.require(right, SimpleNamespace(**owners))
    return placed


async def place_again(
    session: AsyncSession, changes: Mapping[str, Any], record: Owned
) -> dict[str, Any]:
    """Answer the changes of a record; the department follows a new owner unless it was given.

    What the record has already is no change: it is neither checked nor followed.

    Raises:
        Invalid: a user, team or department is unknown or inactive.
    """
    new = reassigned(changes, record)
    users = await _checked(session, new)
    owner = users.get(new.get("owner_id") or UUID(int=0))
    if owner and owner.department_ids and "department_id" not in changes:
        return {**changes, "department_id": owner.department_ids[0]}
    return dict(changes)


def reassigned(changes: Mapping[str, Any], record: Owned) -> dict[str, Any]:
    """Answer the owners, team and department that a record is given and does not have yet."""
    given = ASSIGNMENT & changes.keys()
    return {name: changes[name] for name in given if changes[name] != getattr(record, name)}


async def inherited(
    session: AsyncSession, values: Mapping[str, Any], party: Owned | None
) -> dict[str, Any]:
    """Answer the values of a new record, in whose owner and department it follows its party.

    An owner who left or a department that was closed is not inherited (INT-034, INT-149).
    """
    filled = dict(values)
    if party and filled.get("owner_id") is None:
        filled["owner_id"] = await active_owner(session, party)
    if (
        party
        and party.department_id
        and filled.get("department_id") is None
        and await is_active_group(session, DepartmentReplica, party.department_id)
    ):
        filled["department_id"] = party.department_id
    return filled


async def active_owner(session: AsyncSession, *parties: Owned) -> UUID | None:
    """Answer the first of the records' owners who still works here (INT-034)."""
    owners = [party.owner_id for party in parties if party.owner_id]
    active = await find_active_users(session, owners)
    return next((owner_id for owner_id in owners if owner_id in active), None)


async def _checked(
    session: AsyncSession, values: Mapping[str, Any], also: Caller | None = None
) -> dict[UUID, UserReplica]:
    errors: list[FieldError] = []
    asked = {name: values.get(name) for name in ("owner_id", "co_owner_id") if values.get(name)}
    caller_id = also.user_id if also and not also.is_service else None
    users = await find_active_users(session, [*asked.values(), caller_id])
    for name, user_id in asked.items():
        if user_id not in users:
            errors.append(FieldError(f"/{name}", "user_unknown", "is no active user"))
    team_id, department_id = values.get("team_id"), values.get("department_id")
    if team_id and not await is_active_group(session, TeamReplica, team_id):
        errors.append(FieldError("/team_id", "team_unknown", "is no active team"))
    if department_id and not await is_active_group(session, DepartmentReplica, department_id):
        message = "is no active department"
        errors.append(FieldError("/department_id", "department_unknown", message))
    refuse_wrong(errors)
    return users


def _department(
    users: Mapping[UUID, UserReplica], owner_id: UUID | None, caller: Caller
) -> UUID | None:
    """Answer the owner's department; of a record without owner, the caller's."""
    user = users.get(owner_id or caller.user_id)
    if user and user.department_ids:
        return user.department_ids[0]
    return min(caller.departments, default=None) if owner_id in (None, caller.user_id) else None
