"""Letters that wait on their server until the record of their ticket is announced (MAI-017).

A letter may be quicker than the event of its deal or request. Only its place is noted, not what it
says, for most letters with a strange ticket belong to nobody here. Every pass asks which of them
have a record by now; the event only lets that pass come sooner, so neither has to come first.
"""

from collections.abc import Sequence

from sqlalchemy import delete, or_
from sqlalchemy.ext.asyncio import AsyncSession

from kernel import clock
from mail.domain.syncing import LONGEST_WAIT
from mail.models import Folder, WaitingLetter
from mail.queries.folders import IS_AWAITED, lock_mailboxes_awaiting


async def fetch_soon(session: AsyncSession, ticket: str) -> None:
    """Let the mailboxes be read at once where letters with this ticket wait."""
    for mailbox in await lock_mailboxes_awaiting(session, ticket):
        mailbox.next_due = clock.now()


async def end_waiting(session: AsyncSession, folder: Folder, uids: Sequence[int]) -> None:
    """Forget the places of awaited letters that were fetched, or are gone from the server."""
    fetched = (
        WaitingLetter.folder_id == folder.id,
        WaitingLetter.uidvalidity == folder.uidvalidity,
        WaitingLetter.uid.in_(uids),
        IS_AWAITED,  # else its record was deleted in between, and may be restored
    )
    await session.execute(delete(WaitingLetter).where(*fetched))


async def forget_outdated(session: AsyncSession, folder: Folder) -> None:
    """Forget what waits for too long, or under a numbering that holds no more."""
    outdated = or_(
        WaitingLetter.uidvalidity != folder.uidvalidity,
        WaitingLetter.found_at < clock.now() - LONGEST_WAIT,
    )
    await session.execute(
        delete(WaitingLetter).where(WaitingLetter.folder_id == folder.id, outdated)
    )
