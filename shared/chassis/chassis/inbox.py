"""Which events a subscription has taken already, claimed in the handler's own transaction."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.tables import inbox

CLAIM = text(
    """
    insert into inbox (subscription, event_id)
    select :subscription, event_id from unnest(cast(:ids as uuid[])) as event_id
    order by event_id
    on conflict do nothing returning event_id
    """
)


async def claim(session: AsyncSession, subscription: str, ids: Sequence[UUID]) -> set[UUID]:
    """Claim events; answers those that nobody had claimed before (rowcount would not tell)."""
    rows = await session.scalars(CLAIM, {"subscription": subscription, "ids": list(set(ids))})
    return set(rows)


async def release(session: AsyncSession, subscription: str, ids: Sequence[UUID]) -> None:
    """Give claimed events back: they failed and will be tried again."""
    await session.execute(
        delete(inbox).where(inbox.c.subscription == subscription, inbox.c.event_id.in_(ids))
    )
