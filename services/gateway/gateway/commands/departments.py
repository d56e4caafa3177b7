"""Departments: made, copied, changed, deleted when unused, restored (GAT-033)."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.event_log import emit
from gateway import events
from gateway.commands.records import (
    Changes,
    apply,
    change_rights,
    expect,
    raise_version,
    record_change,
    refuse,
    stamp,
)
from gateway.domain.groups import is_below_itself
from gateway.models.department import Department
from gateway.queries.departments import (
    are_usable,
    get_department,
    name_is_taken,
    parents,
    uses_of,
)
from gateway.queries.known_records import find_source
from gateway.queries.users import are_active
from kernel import clock
from kernel.errors import Conflict, Invalid, invalid
from kernel.ids import uuid7
from kernel.text import fold

COPIED: Final = ("parent_id", "country", "currency", "works_globally", "lead_source_id", "active")
"""What a copy has in common with its original; its name and head are its own."""


async def create_department(session: AsyncSession, values: Mapping[str, Any]) -> Department:
    """Make a department.

    Raises:
        Conflict: there is one of this name.
        Invalid: the head, the parent or the lead source does not exist.
    """
    await change_rights(session)
    return await _create(session, values)


async def copy_department(
    session: AsyncSession, original_id: UUID, values: Mapping[str, Any]
) -> Department:
    """Make a department like another one; `values` are the copy's own name and head.

    The services that keep dictionaries by department copy the original's when they hear of it. A
    lead source that belongs to the original alone is not taken over.

    Raises:
        NotFound: there is no original.
        Conflict: there is a department of this name.
        Invalid: the head does not exist.
    """
    await change_rights(session)
    original = await get_department(session, original_id)
    taken_over = {name: getattr(original, name) for name in COPIED}
    if await _wrong_source(session, taken_over["lead_source_id"], None):
        taken_over["lead_source_id"] = None
    return await _create(session, {**taken_over, **values}, copied_from=original_id)


async def _create(
    session: AsyncSession, values: Mapping[str, Any], *, copied_from: UUID | None = None
) -> Department:
    new_id = uuid7()
    await _check(session, new_id, values)
    department = Department(
        id=new_id, **stamp(session), deleted_at=None, **values, name_key=fold(values["name"])
    )
    session.add(department)
    given = {**values, "copied_from": copied_from} if copied_from else values
    changes = {name: (None, value) for name, value in given.items()}
    _tell(session, department, "created", changes, copied_from=copied_from)
    return department


async def change_department(
    session: AsyncSession, department_id: UUID, values: Mapping[str, Any], expected: int | None
) -> Department:
    """Change what was given.

    Raises:
        NotFound, Stale, Conflict, Invalid: as their names say.
    """
    await change_rights(session)
    department = await get_department(session, department_id)
    expect(department, expected)
    await _check(session, department_id, values)
    changes = apply(department, dict(values))
    if changes:
        department.name_key = fold(department.name)
        raise_version(session, department)
        _tell(session, department, "changed", changes)
    return department


async def delete_department(
    session: AsyncSession, department_id: UUID, expected: int | None
) -> None:
    """Delete a department nothing refers to.

    Raises:
        NotFound, Stale: as their names say.
        Conflict: users, teams, departments or records are in it; the problem counts them.
    """
    await change_rights(session)
    department = await get_department(session, department_id)
    expect(department, expected)
    uses = await uses_of(session, department_id)
    if uses:
        raise Conflict("The department is in use.", code="department_used", uses=uses)
    department.deleted_at = clock.now()
    raise_version(session, department)
    _tell(session, department, "deleted", {"deleted": (False, True)})


async def restore_department(
    session: AsyncSession, department_id: UUID, expected: int | None
) -> Department:
    """Bring a deleted department back.

    Raises:
        NotFound: it is not deleted.
        Stale: it is at another version than `expected`.
        Conflict: its name is taken, or its parent was deleted meanwhile.
    """
    await change_rights(session)
    department = await get_department(session, department_id, deleted=True)
    expect(department, expected)
    await _check_name(session, department_id, department.name)
    if department.parent_id and not await are_usable(session, {department.parent_id}):
        raise Conflict("The department above it is not active.", code="department_inactive")
    department.deleted_at = None
    raise_version(session, department)
    _tell(session, department, "restored", {"deleted": (True, False)})
    return department


async def _check(session: AsyncSession, department_id: UUID, values: Mapping[str, Any]) -> None:
    refuse(
        await _wrong_head(session, values.get("head_id")),
        await _wrong_parent(session, department_id, values.get("parent_id")),
        await _wrong_source(session, values.get("lead_source_id"), department_id),
    )
    if "name" in values:
        await _check_name(session, department_id, values["name"])


async def _wrong_head(session: AsyncSession, head: UUID | None) -> Invalid | None:
    if head is None or await are_active(session, {head}):
        return None
    return invalid("head_id", "there is no such active user", "user_unknown")


async def _wrong_parent(
    session: AsyncSession, department_id: UUID, parent: UUID | None
) -> Invalid | None:
    if parent is None:
        return None
    if not await are_usable(session, {parent}):
        return invalid("parent_id", "there is no such active department", "department_unknown")
    if is_below_itself(department_id, parent, await parents(session)):
        return invalid("parent_id", "a department cannot be below itself", "department_loop")
    return None


async def _wrong_source(
    session: AsyncSession, source_id: UUID | None, department_id: UUID | None
) -> Invalid | None:
    """Refuse a lead source that is of no use to the department."""
    if source_id is None:
        return None
    source = await find_source(session, source_id)
    if source is None:
        return invalid("lead_source_id", "there is no such active lead source", "source_unknown")
    if source.department_id not in (None, department_id):
        detail = "the lead source belongs to another department"
        return invalid("lead_source_id", detail, "source_of_other_department")
    return None


async def _check_name(session: AsyncSession, department_id: UUID, name: str) -> None:
    if await name_is_taken(session, fold(name), but=department_id):
        raise Conflict("There is a department of this name.", code="department_name_taken")


def _tell(
    session: AsyncSession,
    department: Department,
    action: str,
    changes: Changes,
    *,
    copied_from: UUID | None = None,
) -> None:
    event = events.department_changed(department, copied_from=copied_from)
    emit(session, event, department.version, department_id=department.id)
    record_change(session, department, action, changes)
