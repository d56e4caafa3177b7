"""Reads the lines of deals."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, visible
from deals.models import Deal, Output
from deals.queries.deals import OWNERSHIP
from kernel.errors import NotFound

VIEW = "deals.output.view"


def visible_outputs(caller: Caller) -> Select[Output]:
    """Select the lines of the deals whose lines the caller may see."""
    return (
        select(Output)
        .join(Deal, Output.deal_id == Deal.id)
        .where(
            Output.deleted_at.is_(None),
            Deal.deleted_at.is_(None),
            visible(caller, VIEW, OWNERSHIP),
        )
    )


async def get_output(session: AsyncSession, output_id: UUID, caller: Caller) -> Output:
    """Answer a visible line, or raise NotFound."""
    output = await session.scalar(visible_outputs(caller).where(Output.id == output_id))
    if output is None:
        raise NotFound
    return output
