"""Keeping what is known of deals, which several kinds of events tell."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from intake.models import DealReplica

FRESH: Final = {"populate_existing": True}


async def keep_deal(
    session: AsyncSession, deal_id: UUID, version: int, *, made_from: Mapping[str, Any], **now: Any
) -> DealReplica:
    """Store what an event tells of a deal; answers what is known of it then.

    `made_from` never changes, so any event may bring it; `now` is taken from the latest only.
    """
    row = {"id": deal_id, "version": version, **now, **made_from}
    upsert = _upsert(tuple(made_from), ("version", *now))
    kept = await session.scalars(upsert, row, execution_options=FRESH)
    deal: DealReplica = kept.one()
    return deal


@cache
def _upsert(made_from: tuple[str, ...], now: tuple[str, ...]) -> Any:
    """Build the statement once for each set of columns: building costs more than running it."""
    query = insert(DealReplica)
    newer = query.excluded.version > DealReplica.version
    fresh: dict[str, Any] = {name: query.excluded[name] for name in made_from}
    for name in now:
        fresh[name] = case((newer, query.excluded[name]), else_=getattr(DealReplica, name))
    upsert = query.on_conflict_do_update(index_elements=["id"], set_=fresh)
    return upsert.returning(DealReplica)
