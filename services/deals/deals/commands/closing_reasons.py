"""Changes the list of closing reasons (DEA-066)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deals.commands.changes import new
from deals.commands.dictionaries import (
    added,
    edited,
    find_free_key,
    lock_table,
    place_of,
    removed,
    restored,
)
from deals.events import closing_reason_defined
from deals.models import ClosingReason
from deals.queries.pipelines import get_closing_reason, has_deals, next_position
from deals.queries.references import check_references
from kernel.errors import Conflict

FIELDS = ("name", "department_id", "outcome", "position", "is_active", "is_irrelevant")


async def create_closing_reason(session: AsyncSession, values: Mapping[str, Any]) -> ClosingReason:
    """Add a reason, by default at the end of the list."""
    await lock_table(session, ClosingReason)
    department_id = values.get("department_id")
    await check_references(session, {"department_id": department_id})
    key = await _free_key(session, department_id, values["name"])
    position = values.get("position") or await next_position(
        session, ClosingReason, deleted_at=None
    )
    reason = new(session, ClosingReason, name_key=key, **{**values, "position": position})
    added(session, reason, closing_reason_defined, FIELDS)
    return reason


async def lock_closing_reason(session: AsyncSession, reason_id: UUID) -> ClosingReason:
    """Answer a reason that nobody else can change, and no deal be closed for, until the commit."""
    await lock_table(session, ClosingReason)
    return await get_closing_reason(session, reason_id, lock=True)


async def update_closing_reason(
    session: AsyncSession, reason: ClosingReason, given: Mapping[str, Any]
) -> None:
    """Edit a locked reason."""
    changes = dict(given)
    department_id = changes.get("department_id", reason.department_id)
    if department_id != reason.department_id:
        await check_references(session, {"department_id": department_id})
    if "name" in changes or "department_id" in changes:
        name = changes.get("name", reason.name)
        changes["name_key"] = await _free_key(session, department_id, name, reason)
    edited(session, reason, closing_reason_defined, changes)


async def delete_closing_reason(session: AsyncSession, reason: ClosingReason) -> None:
    """Remove a locked reason that no deal was closed for.

    Raises:
        Conflict: a deal has it.
    """
    if await has_deals(session, reason_id=reason.id):
        raise Conflict("Deals were closed for this reason.", code="closing_reason_in_use")
    removed(session, reason, closing_reason_defined)


async def restore_closing_reason(session: AsyncSession, reason: ClosingReason) -> None:
    """Bring a removed, locked reason back."""
    await lock_table(session, ClosingReason)
    await _free_key(session, reason.department_id, reason.name)
    position = await place_of(session, reason)
    restored(session, reason, closing_reason_defined, position=position)


async def _free_key(
    session: AsyncSession, department_id: UUID | None, name: str, but: ClosingReason | None = None
) -> str:
    key = await find_free_key(session, ClosingReason, name, but=but, department_id=department_id)
    if key is None:
        detail = f"There is a reason called {name}."
        raise Conflict(detail, code="closing_reason_name_taken", field="name")
    return key
