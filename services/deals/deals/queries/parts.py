"""Lines and payments: the parts of a deal, which are seen and locked with it."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from chassis.database import there
from deals.models import Deal, Output, Payment
from deals.queries.deals import lock_deal, seen_by
from kernel.errors import Conflict, NotFound

PartT = TypeVar("PartT", Output, Payment)

VIEW: dict[type[Any], str] = {Output: "deals.output.view", Payment: "deals.payment.view"}


def visible_parts(table: type[PartT], caller: Caller, *, deleted: bool = False) -> Select[PartT]:
    """Select the lines or payments of the deals whose lines or payments the caller may see.

    Those of a deleted deal are gone with it, deleted themselves or not.
    """
    return (
        select(table)
        .join(Deal, table.deal_id == Deal.id)
        .where(there(table, deleted=deleted), seen_by(caller, VIEW[table]))
    )


async def get_part(
    session: AsyncSession, table: type[PartT], part_id: UUID, caller: Caller
) -> PartT:
    """Answer a visible line or payment, or raise NotFound."""
    part = await session.scalar(visible_parts(table, caller).where(table.id == part_id))
    if part is None:
        raise NotFound
    return part


async def lock_part(
    session: AsyncSession, table: type[PartT], part_id: UUID, caller: Caller
) -> tuple[Deal, PartT]:
    """Lock the deal of a part, so that all of its parts change one after the other.

    What a deal says about being paid depends on all of its payments.
    """
    part = await get_part(session, table, part_id, caller)
    deal = await lock_deal(session, part.deal_id, caller)
    await session.refresh(part)  # as those left it who held the lock before
    if part.deleted_at:
        raise NotFound
    return deal, part


async def lock_deal_of(session: AsyncSession, part_id: UUID, *, table: Any) -> None:
    """Lock the deal of a part, deleted ones included: before the part, as everybody does."""
    query = select(Deal.id).join(table, table.deal_id == Deal.id).where(table.id == part_id)
    await session.execute(query.with_for_update(of=Deal))


async def living_deal_of(session: AsyncSession, part: Output | Payment) -> Deal:
    """Answer the locked deal of a part.

    Raises:
        Conflict: it is deleted.
    """
    deal = await session.get_one(Deal, part.deal_id)
    if deal.deleted_at:
        raise Conflict("Its deal is deleted; restore that first.", code="deal_deleted")
    return deal
