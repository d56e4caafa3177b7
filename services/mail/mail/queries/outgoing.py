"""The queue of letters to be sent."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kernel import clock
from mail.domain.sending import Stage
from mail.models import Outgoing, Recipient

LEASE: Final = timedelta(seconds=180)
DATA_LEASE: Final = timedelta(seconds=900)
"""Longer than a server may take to answer the end of a letter."""


async def lock_due(session: AsyncSession, most: int) -> Sequence[Outgoing]:
    """Answer letters whose time has come and that nobody holds, locked."""
    free = or_(Outgoing.lease_until.is_(None), Outgoing.lease_until < func.now())
    query = (
        select(Outgoing)
        .where(Outgoing.next_at <= clock.now(), free, Outgoing.stage != Stage.DATA)
        .order_by(Outgoing.next_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def lock_unfinished(session: AsyncSession) -> Sequence[Outgoing]:
    """Answer letters whose sender died after it had begun to transmit, locked."""
    query = (
        select(Outgoing)
        .where(Outgoing.stage == Stage.DATA, Outgoing.lease_until < func.now())
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def lock_held(session: AsyncSession, message_id: UUID, epoch: int) -> Outgoing | None:
    """Answer the queue entry, locked, if it is still ours."""
    query = select(Outgoing).where(Outgoing.message_id == message_id, Outgoing.lease_epoch == epoch)
    entry: Outgoing | None = await session.scalar(query.with_for_update())
    return entry


async def recipients_of(session: AsyncSession, message_id: UUID) -> Sequence[Recipient]:
    """Answer the recipients with what the server said about each."""
    query = select(Recipient).where(Recipient.message_id == message_id)
    return (await session.scalars(query.order_by(Recipient.address))).all()
