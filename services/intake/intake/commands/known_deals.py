"""Keeping what is known of deals, which several kinds of events tell."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from intake.models import DealReplica


async def keep_deal(
    session: AsyncSession, deal_id: UUID, version: int, *, made_from: Mapping[str, Any], **now: Any
) -> DealReplica:
    """Store what an event tells of a deal; answers what is known of it then.

    `made_from` never changes, so any event may bring it; `now` is taken from the latest only.
    """
    row = {"id": deal_id, "version": version, **now, **made_from}
    query = insert(DealReplica).values(row)
    newer = query.excluded.version > DealReplica.version
    fresh: dict[str, Any] = {name: query.excluded[name] for name in made_from}
    for name in ("version", *now):
        column = getattr(DealReplica, name)
        fresh[name] = case((newer, query.excluded[name]), else_=column)
    query = query.on_conflict_do_update(index_elements=["id"], set_=fresh)
    kept = await session.scalars(
        query.returning(DealReplica), execution_options={"populate_existing": True}
    )
    return kept.one()
