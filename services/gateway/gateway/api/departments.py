"""Departments (GAT-033)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.removal import Deleted
from chassis.http.schemas import Flag, Input, Output
from chassis.http.timelines import Entry, Stretch, timeline_page
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, tag
from gateway.api.callers import DepartmentManager, DepartmentReader
from gateway.api.fields import Country
from gateway.commands import departments as commands
from gateway.models.department import Department
from gateway.queries.departments import MANAGE, get_visible_department, visible_departments
from kernel.money import CurrencyCode
from kernel.pages import Page
from kernel.text import Line

router = APIRouter(prefix="/departments", tags=["departments"], route_class=Route)

ORDER = Order({"name": Department.name, "created_at": Department.created_at}, "name", Department.id)


class DepartmentIn(Input):
    """A new department; `lead_source_id` is a lead source of the service intake."""

    name: Annotated[str, Line(250)]
    head_id: UUID | None = None
    parent_id: UUID | None = None
    country: Country | None = None
    currency: CurrencyCode | None = None
    works_globally: Flag = False
    lead_source_id: UUID | None = None
    active: Flag = True


class DepartmentChange(DepartmentIn):
    """What may be changed about a department."""

    name: Annotated[str, Line(250)] = ""


class DepartmentCopyIn(Input):
    """What a copy does not take over from its original."""

    name: Annotated[str, Line(250)]
    head_id: UUID | None = None


class DepartmentOut(Output):
    """A department."""

    id: UUID
    version: int
    name: str
    head_id: UUID | None
    parent_id: UUID | None
    country: str | None
    currency: str | None
    works_globally: bool
    lead_source_id: UUID | None
    active: bool
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    deleted_at: datetime | None


@router.get("")
async def list_departments(
    *,
    session: ReadSession,
    caller: DepartmentReader,
    paging: Paging,
    deleted: Deleted = False,
) -> Page[DepartmentOut]:
    """Answer the departments, or those an administrator can bring back."""
    if deleted:
        caller.require_everywhere(MANAGE)
    query = visible_departments(caller, deleted=deleted)
    page = await fetch_page(session, query, ORDER, paging)
    items = [DepartmentOut.model_validate(department) for department in page.rows]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.post("", status_code=201)
async def create_department(
    body: DepartmentIn, response: Response, session: WriteSession, _: DepartmentManager
) -> DepartmentOut:
    """Make a department."""
    department = await commands.create_department(session, body.model_dump())
    return _created(department, response)


@router.post("/{department_id}/copy", status_code=201)
async def copy_department(
    department_id: UUID,
    body: DepartmentCopyIn,
    response: Response,
    session: WriteSession,
    _: DepartmentManager,
) -> DepartmentOut:
    """Make a department like another one, dictionaries included."""
    department = await commands.copy_department(session, department_id, body.model_dump())
    return _created(department, response)


def _created(department: Department, response: Response) -> DepartmentOut:
    response.headers["Location"] = f"/v1/departments/{department.id}"
    return _shown(department, response)


def _shown(department: Department, response: Response) -> DepartmentOut:
    tag(response, department.version)
    return DepartmentOut.model_validate(department)


@router.get("/{department_id}")
async def read_department(
    department_id: UUID, response: Response, session: ReadSession, caller: DepartmentReader
) -> DepartmentOut:
    """Answer one department."""
    return _shown(await get_visible_department(session, caller, department_id), response)


@router.patch("/{department_id}")
async def change_department(
    department_id: UUID,
    body: DepartmentChange,
    response: Response,
    session: WriteSession,
    _: DepartmentManager,
    if_match: IfMatch,
) -> DepartmentOut:
    """Change a department."""
    department = await commands.change_department(session, department_id, body.given(), if_match)
    return _shown(department, response)


@router.delete("/{department_id}", status_code=204)
async def delete_department(
    department_id: UUID, session: WriteSession, _: DepartmentManager, if_match: IfMatch
) -> Response:
    """Delete a department nothing refers to."""
    await commands.delete_department(session, department_id, if_match)
    return Response(status_code=204)


@router.post("/{department_id}/restore")
async def restore_department(
    department_id: UUID,
    response: Response,
    session: WriteSession,
    caller: DepartmentManager,
    if_match: IfMatch,
) -> DepartmentOut:
    """Bring a deleted department back."""
    caller.require_everywhere(MANAGE)
    department = await commands.restore_department(session, department_id, if_match)
    return _shown(department, response)


@router.get("/{department_id}/timeline")
async def read_timeline(
    department_id: UUID, session: ReadSession, caller: DepartmentReader, asked: Stretch
) -> Page[Entry]:
    """Answer who changed the department, newest first."""
    await get_visible_department(session, caller, department_id)
    return await timeline_page(session, "department", department_id, asked)
