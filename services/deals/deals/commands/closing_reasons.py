"""Changes the list of closing reasons (DEA-066)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deals.commands.changes import new
from deals.commands.dictionaries import added, edited, lock_table, refuse_taken_name, removed
from deals.events import closing_reason_defined
from deals.models import ClosingReason
from deals.queries.pipelines import get_closing_reason, has_deals, next_position
from kernel.errors import Conflict

FIELDS = ("name", "department_id", "outcome", "position", "is_active", "is_irrelevant")


async def create_closing_reason(session: AsyncSession, values: Mapping[str, Any]) -> ClosingReason:
    """Add a reason, by default at the end of the list."""
    await lock_table(session, ClosingReason)
    key = await refuse_taken_name(
        session, ClosingReason, values["name"], department_id=values.get("department_id")
    )
    position = values.get("position") or await next_position(
        session, ClosingReason, deleted_at=None
    )
    reason = new(session, ClosingReason, name_key=key, **{**values, "position": position})
    added(session, reason, closing_reason_defined, FIELDS)
    return reason


async def lock_closing_reason(session: AsyncSession, reason_id: UUID) -> ClosingReason:
    """Answer a reason that nobody else can change until the commit."""
    await lock_table(session, ClosingReason)
    return await get_closing_reason(session, reason_id)


async def update_closing_reason(
    session: AsyncSession, reason: ClosingReason, given: Mapping[str, Any]
) -> None:
    """Edit a locked reason."""
    changes = dict(given)
    if "name" in changes or "department_id" in changes:
        changes["name_key"] = await refuse_taken_name(
            session,
            ClosingReason,
            changes.get("name", reason.name),
            reason,
            department_id=changes.get("department_id", reason.department_id),
        )
    edited(session, reason, closing_reason_defined, changes)


async def delete_closing_reason(session: AsyncSession, reason: ClosingReason) -> None:
    """Remove a locked reason that no deal was closed for.

    Raises:
        Conflict: a deal has it.
    """
    if await has_deals(session, reason_id=reason.id):
        raise Conflict("Deals were closed for this reason.", code="reason_in_use")
    removed(session, reason, closing_reason_defined)
