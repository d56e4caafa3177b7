"""Departments: made, changed, deleted when unused, restored (GAT-033)."""

from collections.abc import Mapping
from typing import Any
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
from gateway.queries.users import are_active
from kernel import clock
from kernel.errors import Conflict, invalid
from kernel.ids import uuid7
from kernel.text import fold


async def create_department(session: AsyncSession, values: Mapping[str, Any]) -> Department:
    """Make a department.

    Raises:
        Conflict: there is one of this name.
        Invalid: the head or the parent does not exist.
    """
    await change_rights(session)
    new_id = uuid7()
    await _check(session, new_id, values)
    department = Department(
        id=new_id, **stamp(session), deleted_at=None, **values, name_key=fold(values["name"])
    )
    session.add(department)
    _tell(session, department, "created", {name: (None, value) for name, value in values.items()})
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
        Conflict: users, teams or departments are in it; the problem counts them.
    """
    await change_rights(session)
    department = await get_department(session, department_id)
    expect(department, expected)
    uses = await uses_of(session, department_id)
    if any(uses.values()):
        raise Conflict("The department is in use.", code="department_used", uses=uses)
    department.deleted_at = clock.now()
    raise_version(session, department)
    _tell(session, department, "deleted", {"deleted": (False, True)})


async def restore_department(session: AsyncSession, department_id: UUID) -> Department:
    """Bring a deleted department back.

    Raises:
        NotFound: it is not deleted.
        Conflict: its name is taken meanwhile.
    """
    await change_rights(session)
    department = await get_department(session, department_id, deleted=True)
    await _check_name(session, department_id, department.name)
    department.deleted_at = None
    raise_version(session, department)
    _tell(session, department, "restored", {"deleted": (True, False)})
    return department


async def _check(session: AsyncSession, department_id: UUID, values: Mapping[str, Any]) -> None:
    if "name" in values:
        await _check_name(session, department_id, values["name"])
    head, parent = values.get("head_id"), values.get("parent_id")
    if head is not None and not await are_active(session, {head}):
        raise invalid("head_id", "there is no such active user", "reference_unknown")
    if parent is None:
        return
    if not await are_usable(session, {parent}):
        raise invalid("parent_id", "there is no such active department", "reference_unknown")
    if is_below_itself(department_id, parent, await parents(session)):
        raise invalid("parent_id", "a department cannot be below itself", "department_loop")


async def _check_name(session: AsyncSession, department_id: UUID, name: str) -> None:
    if await name_is_taken(session, fold(name), but=department_id):
        raise Conflict("There is a department of this name.", code="name_taken")


def _tell(
    session: AsyncSession,
    department: Department,
    action: str,
    changes: Changes,
) -> None:
    emit(
        session,
        events.department_changed(department),
        department.version,
        department_id=department.id,
    )
    record_change(session, department, action, changes)
