"""Changing the statuses of leads (INT-096 to INT-101)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from intake.commands.changes import edit, remove, revive, say, start
from intake.commands.locks import lock_names
from intake.domain.index_keys import name_key
from intake.events.dictionaries import lead_status_defined
from intake.models import LeadStatus
from intake.queries.dictionaries import (
    find_status_by_name,
    list_statuses,
    next_position,
    status_is_used,
)
from intake.queries.preferences import get_preferences
from intake.queries.removed import lock_removed
from kernel.errors import Conflict, NotFound, invalid
from kernel.ids import uuid7

FINAL_FOR_EVER: Final = frozenset({"converted", "lost", "disqualified"})


async def lock_statuses(session: AsyncSession) -> None:
    """Take turns: names, order and the one default are properties of all statuses together."""
    await lock_names(session, "lead_status")


async def lock_status(
    session: AsyncSession, status_id: UUID, *, to_delete: bool = False
) -> LeadStatus:
    """Answer a live status for a change; a deletion waits for the leads that are just getting it.

    Raises:
        NotFound: there is none.
    """
    await lock_statuses(session)
    status = await session.get(LeadStatus, status_id, with_for_update={"key_share": not to_delete})
    if status is None or status.deleted_at:
        raise NotFound
    return status


async def create_status(session: AsyncSession, values: Mapping[str, Any]) -> LeadStatus:
    """Add a status after the last one.

    Raises:
        Conflict: the name is taken.
    """
    await lock_statuses(session)
    await _check_name(session, values["name"], None)
    status = LeadStatus(
        id=uuid7(),
        **values,
        name_key=name_key(values["name"]),
        position=await next_position(session),
    )
    if status.is_default:
        await _clear_default(session)
    start(session, status)
    say(session, status, lead_status_defined(status))
    return status


async def edit_status(
    session: AsyncSession, status: LeadStatus, changes: Mapping[str, Any]
) -> None:
    """Change a status; making it the default takes that from the former one.

    Raises:
        Conflict: the name is taken, a system status would no longer be final, or no default would
            be left.
    """
    values = dict(changes)
    if "name" in values:
        await _check_name(session, values["name"], status.id)
        values["name_key"] = name_key(values["name"])
    if status.code in FINAL_FOR_EVER and values.get("is_final") is False:
        raise Conflict("This status is always final.", code="status_is_system")
    if status.is_default and values.get("is_default") is False:
        raise Conflict("Make another status the default instead.", code="status_is_default")
    if values.get("is_default") and not status.is_default:
        await _clear_default(session)
    if edit(session, status, values):
        say(session, status, lead_status_defined(status))


async def order_statuses(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[LeadStatus]:
    """Put statuses in a new order; those left out follow in their old one.

    Raises:
        Invalid: an id is unknown or occurs twice.
    """
    await lock_statuses(session)
    statuses = {status.id: status for status in await list_statuses(session)}
    for index, status_id in enumerate(ids):
        if status_id not in statuses:
            raise invalid(f"ids/{index}", "there is no such status", "status_unknown")
    if len(set(ids)) != len(ids):
        raise invalid("ids", "each status once", "status_repeated")
    ordered = [*ids, *(status_id for status_id in statuses if status_id not in set(ids))]
    for position, status_id in enumerate(ordered):
        status = statuses[status_id]
        if edit(session, status, {"position": position}, "moved"):
            say(session, status, lead_status_defined(status))
    return [statuses[status_id] for status_id in ordered]


async def delete_status(session: AsyncSession, status: LeadStatus) -> None:
    """Remove a status.

    Raises:
        Conflict: it is the default, a system status, a setting names it, or some lead has it.
    """
    if status.is_default:
        raise Conflict("The default status is kept.", code="status_is_default")
    if status.code in FINAL_FOR_EVER:
        raise Conflict("A system status is kept.", code="status_is_system")
    if (await get_preferences(session)).leads_default_status == status.id:
        detail = "The setting leads.default_status names this status."
        raise Conflict(detail, code="status_is_default_setting")
    if await status_is_used(session, status.id):
        raise Conflict("Leads have this status.", code="status_in_use")
    remove(session, status)
    say(session, status, lead_status_defined(status))


async def lock_deleted_status(session: AsyncSession, status_id: UUID) -> LeadStatus:
    """Answer a deleted status for a change.

    Raises:
        NotFound: there is none, or it is not deleted.
    """
    await lock_statuses(session)
    return await lock_removed(session, LeadStatus, status_id)


async def restore_status(session: AsyncSession, status: LeadStatus) -> None:
    """Bring a deleted status back to its place; it was not the default, and is not now.

    Raises:
        Conflict: the name is taken.
    """
    await _check_name(session, status.name, status.id)
    revive(session, status)
    say(session, status, lead_status_defined(status))


async def _check_name(session: AsyncSession, name: str, own_id: UUID | None) -> None:
    other = await find_status_by_name(session, name)
    if other and other.id != own_id:
        raise Conflict("Another status has this name.", code="status_name_taken", id=other.id)


async def _clear_default(session: AsyncSession) -> None:
    for status in await list_statuses(session):
        if status.is_default:
            edit(session, status, {"is_default": False})
            say(session, status, lead_status_defined(status))
    await session.flush()  # at no moment may there be two defaults
