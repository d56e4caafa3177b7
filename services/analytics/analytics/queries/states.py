"""Reads folded states back, from which the next events go on."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.folding.logged import State
from analytics.models.star import FOLDED
from analytics.queries.log import IDS

STATES: Final = {
    kind: select(columns.id, columns.folded).where(columns.id == any_(IDS))
    for kind, columns in ((kind, table.__table__.c) for kind, table in FOLDED.items())
}


async def stored_states(
    session: AsyncSession, kind: str, aggregate_ids: Iterable[UUID]
) -> dict[UUID, State]:
    """Answer the states of those aggregates of one kind that have one."""
    rows = await session.execute(STATES[kind], {"ids": list(aggregate_ids)})
    return {row[0]: row[1] for row in rows}
