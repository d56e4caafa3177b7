"""Which mailboxes are to be read, and how far their folders were."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import any_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kernel import clock
from mail.models import CrmRecord, Folder, Location, Mailbox, WaitingLetter

LEASE: Final = timedelta(seconds=180)
"""Longer than the longest wait between two writes of a pass."""

IS_AWAITED: Final = exists().where(
    CrmRecord.ticket == any_(WaitingLetter.tickets), ~CrmRecord.removed
)
"""The condition of a waiting letter one of whose tickets leads to a live record by now."""


async def lock_due_mailboxes(session: AsyncSession, most: int) -> Sequence[Mailbox]:
    """Answer mailboxes whose time has come and that nobody reads now, locked."""
    query = (
        select(Mailbox)
        .where(
            Mailbox.sync,
            Mailbox.deleted_at.is_(None),
            Mailbox.next_due <= clock.now(),
            or_(Mailbox.lease_until.is_(None), Mailbox.lease_until < func.now()),
        )
        .order_by(Mailbox.next_due)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def lock_leased_mailbox(
    session: AsyncSession, mailbox_id: UUID, epoch: int
) -> Mailbox | None:
    """Answer the mailbox, locked, if the lease of this epoch is still the latest."""
    query = select(Mailbox).where(Mailbox.id == mailbox_id, Mailbox.lease_epoch == epoch)
    mailbox: Mailbox | None = await session.scalar(query.with_for_update(key_share=True))
    return mailbox


async def find_folder(session: AsyncSession, mailbox_id: UUID, name: str) -> Folder | None:
    """Answer how far a folder was read."""
    query = select(Folder).where(Folder.mailbox_id == mailbox_id, Folder.name == name)
    folder: Folder | None = await session.scalar(query)
    return folder


async def earlier_places(
    session: AsyncSession, folder: Folder, rfc_ids: Sequence[str]
) -> dict[tuple[str, int], UUID]:
    """Answer letters by (Message-ID, size) that lay in the folder under earlier UIDVALIDITYs."""
    query = select(Location).where(
        Location.folder_id == folder.id,
        Location.uidvalidity != folder.uidvalidity,
        Location.rfc_id.in_(rfc_ids),
    )
    rows = await session.scalars(query)
    return {(row.rfc_id, row.size): row.message_id for row in rows}


async def waiting_before(
    session: AsyncSession, folder: Folder, rfc_ids: Sequence[str]
) -> set[tuple[str, int]]:
    """Answer letters by (Message-ID, size) that wait under earlier UIDVALIDITYs of the folder."""
    query = select(WaitingLetter.rfc_id, WaitingLetter.size).where(
        WaitingLetter.folder_id == folder.id,
        WaitingLetter.uidvalidity != folder.uidvalidity,
        WaitingLetter.rfc_id.in_(rfc_ids),
    )
    return {(rfc_id, size) for rfc_id, size in await session.execute(query)}


async def awaited_uids(session: AsyncSession, folder: Folder, most: int) -> Sequence[int]:
    """Answer which waiting letters of a folder have a live record by now, the oldest first."""
    query = select(WaitingLetter.uid).where(
        WaitingLetter.folder_id == folder.id,
        WaitingLetter.uidvalidity == folder.uidvalidity,
        IS_AWAITED,
    )
    return (await session.scalars(query.order_by(WaitingLetter.uid).limit(most))).all()


async def lock_mailboxes_awaiting(session: AsyncSession, ticket: str) -> Sequence[Mailbox]:
    """Answer the mailboxes where letters with this ticket wait, locked.

    One that is locked by its reader is passed over: to wait for it could end in a deadlock.
    """
    waiting = select(WaitingLetter.mailbox_id).where(WaitingLetter.tickets.contains([ticket]))
    query = select(Mailbox).where(Mailbox.id.in_(waiting))
    return (await session.scalars(query.with_for_update(key_share=True, skip_locked=True))).all()
