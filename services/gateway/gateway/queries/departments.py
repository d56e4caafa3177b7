"""Departments: everybody may see which there are."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, Ownership, visible
from chassis.database import there
from gateway.models.department import Department
from gateway.models.team import Team
from gateway.models.user import User
from gateway.queries.known_records import records_of_department
from kernel.errors import NotFound

MANAGE = "gateway.department.manage"
OWNERSHIP = Ownership(owner=Department.head_id, department=Department.id)


def visible_departments(caller: Caller, *, deleted: bool = False) -> Select[Department]:
    """Answer the departments a caller may see: the living, or the deleted ones."""
    right = MANAGE if deleted else "gateway.department.view"
    return select(Department).where(
        there(Department, deleted=deleted), visible(caller, right, OWNERSHIP)
    )


async def get_visible_department(
    session: AsyncSession, caller: Caller, department_id: UUID
) -> Department:
    """Answer a department the caller may see.

    Raises:
        NotFound: there is none.
    """
    query = visible_departments(caller).where(Department.id == department_id)
    return _found(await session.scalar(query))


async def get_department(
    session: AsyncSession, department_id: UUID, *, deleted: bool = False
) -> Department:
    """Answer a department, locked for a change.

    Raises:
        NotFound: there is none, or it is deleted and was not asked for as such.
    """
    department = await session.get(Department, department_id, with_for_update=True)
    matches = department is not None and (department.deleted_at is not None) == deleted
    return _found(department if matches else None)


def _found(department: Department | None) -> Department:
    if department is None:
        raise NotFound("There is no such department.")
    return department


async def are_usable(session: AsyncSession, ids: Collection[UUID]) -> bool:
    """Answer whether all these ids are of active departments."""
    query = select(func.count()).select_from(Department)
    query = query.where(Department.id.in_(ids), Department.active, Department.deleted_at.is_(None))
    return await session.scalar(query) == len(set(ids))


async def parents(session: AsyncSession) -> dict[UUID, UUID | None]:
    """Answer the parent of each department."""
    rows = await session.execute(select(Department.id, Department.parent_id))
    return {row.id: row.parent_id for row in rows}


async def name_is_taken(session: AsyncSession, key: str, *, but: UUID) -> bool:
    """Answer whether another living department has the name."""
    query = select(Department.id).where(
        Department.name_key == key, Department.deleted_at.is_(None), Department.id != but
    )
    return await session.scalar(query) is not None


async def uses_of(session: AsyncSession, department_id: UUID) -> dict[str, int]:
    """Count what refers to a department, by kind: what is here, and records of other services."""
    here = {
        "user": User.department_ids.contains([department_id]),
        "team": and_(Team.department_id == department_id, Team.deleted_at.is_(None)),
        "department": and_(Department.parent_id == department_id, Department.deleted_at.is_(None)),
    }
    counts = [select(func.count()).where(refers).scalar_subquery() for refers in here.values()]
    found = zip(here, (await session.execute(select(*counts))).one(), strict=True)
    elsewhere = await records_of_department(session, department_id)
    return {kind: count for kind, count in found if count} | elsewhere
