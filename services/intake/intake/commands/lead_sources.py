"""Changing the sources of leads (INT-108)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from intake.commands.changes import edit, remove, revive, say, start
from intake.commands.locks import lock_names
from intake.domain.index_keys import name_key
from intake.events.dictionaries import lead_source_defined
from intake.models import DepartmentReplica, LeadSource
from intake.queries.dictionaries import find_source_by_name, source_is_used
from intake.queries.people import is_active_group
from intake.queries.preferences import get_preferences
from kernel.errors import Conflict, invalid
from kernel.ids import uuid7


async def create_source(session: AsyncSession, values: Mapping[str, Any]) -> LeadSource:
    """Add a source, for all departments or for one.

    Raises:
        Invalid: the department is unknown.
        Conflict: the department has a source of this name.
    """
    department_id = values.get("department_id")
    if department_id and not await is_active_group(session, DepartmentReplica, department_id):
        raise invalid("department_id", "is no active department", "department_unknown")
    await _check_name(session, values["name"], department_id, None)
    source = LeadSource(id=uuid7(), **values, name_key=name_key(values["name"]))
    start(session, source)
    say(session, source, lead_source_defined(source))
    return source


async def edit_source(
    session: AsyncSession, source: LeadSource, changes: Mapping[str, Any]
) -> None:
    """Rename a locked source, or switch it on or off.

    Raises:
        Conflict: the department has another source of this name.
    """
    values = dict(changes)
    if "name" in values:
        await _check_name(session, values["name"], source.department_id, source.id)
        values["name_key"] = name_key(values["name"])
    if edit(session, source, values):
        say(session, source, lead_source_defined(source))


async def delete_source(session: AsyncSession, source: LeadSource) -> None:
    """Remove a locked source.

    Raises:
        Conflict: a setting, lead, request, contact or form names it.
    """
    if (await get_preferences(session)).leads_default_source == source.id:
        detail = "The setting leads.default_source names this source."
        raise Conflict(detail, code="source_is_default_setting")
    if await source_is_used(session, source.id):
        raise Conflict("The source is in use.", code="source_in_use")
    remove(session, source)
    say(session, source, lead_source_defined(source))


async def restore_source(session: AsyncSession, source: LeadSource) -> None:
    """Bring a locked, deleted source back.

    Raises:
        Conflict: the department has another source of this name.
    """
    await _check_name(session, source.name, source.department_id, source.id)
    revive(session, source)
    say(session, source, lead_source_defined(source))


async def _check_name(
    session: AsyncSession, name: str, department_id: UUID | None, own_id: UUID | None
) -> None:
    await lock_names(session, "lead_source")
    other = await find_source_by_name(session, name, department_id)
    if other and other.id != own_id:
        raise Conflict("Another source has this name.", code="source_name_taken", id=other.id)
