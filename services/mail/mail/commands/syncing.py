"""Reads mailboxes: who reads which, how far, and what happens when it does not work (MAI-008).

A mailbox is leased for a few minutes and each write extends the lease; a reader that was overtaken
changes nothing any more. Every letter is kept together with the cursor behind it, in a transaction
of its own, so that a pass may end anywhere and the next one goes on from there.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, func
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Database
from chassis.event_log import emit
from chassis.faults import database_is_away
from chassis.origin import by_system
from kernel import clock
from kernel.ids import uuid7
from mail import events
from mail.clients import imap
from mail.clients.imap_answers import FolderState, Head
from mail.clients.parser import Parser
from mail.clients.server import Server
from mail.commands.access import Access, imap_server
from mail.commands.receiving import Found, keep_letter, may_belong, note_places
from mail.commands.waiting import end_waiting, forget_outdated
from mail.domain.parsing import rough
from mail.domain.sealing import Unreadable
from mail.domain.syncing import (
    LARGEST_LETTER,
    MOST_A_PASS,
    first_cursor,
    groups,
    is_sent_folder,
    pause,
    seen_before,
    windows,
)
from mail.models import Folder, Location, Mailbox
from mail.queries.folders import (
    LEASE,
    awaited_uids,
    earlier_places,
    find_folder,
    lock_due_mailboxes,
    lock_leased_mailbox,
    waiting_before,
)

ORIGIN: Final = "mail.sync"
PASS_SECONDS: Final = 600.0
SILENT_SECONDS: Final = 30.0
"""With the longest fetch and the longest reading of a letter it stays below the lease."""

log = structlog.get_logger()


class LeaseLost(Exception):
    """Somebody else reads the mailbox now; nothing may be written about it any more."""


@dataclass(frozen=True)
class Lease:
    """The right to read one mailbox."""

    mailbox_id: UUID
    epoch: int


@dataclass
class _Pass:
    """One reading of a mailbox. `budget` is how many letters it may still fetch."""

    database: Database
    parser: Parser
    lease: Lease
    budget: int = MOST_A_PASS
    started_at: datetime = field(default_factory=clock.now)
    written_at: float = field(default_factory=time.monotonic)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[tuple[AsyncSession, Mailbox]]:
        """Open a transaction that commits only while the lease is ours, and extends it."""
        async with self.database.transaction(by_system(ORIGIN)) as session:
            mailbox = await lock_leased_mailbox(session, self.lease.mailbox_id, self.lease.epoch)
            if mailbox is None:
                raise LeaseLost
            mailbox.lease_until = func.now() + LEASE
            yield session, mailbox
        self.written_at = time.monotonic()

    @property
    def has_long_been_silent(self) -> bool:
        """Answer whether the lease could run out during the next fetch."""
        return time.monotonic() - self.written_at > SILENT_SECONDS


async def claim_due(database: Database, most: int) -> list[Lease]:
    """Lease mailboxes whose time has come."""
    async with database.transaction(by_system(ORIGIN)) as session:
        mailboxes = await lock_due_mailboxes(session, most) if most else []
        for mailbox in mailboxes:
            mailbox.lease_until, mailbox.lease_epoch = func.now() + LEASE, mailbox.lease_epoch + 1
        await session.flush()
        return [Lease(mailbox.id, mailbox.lease_epoch) for mailbox in mailboxes]


async def read_mailbox(
    database: Database, lease: Lease, parser: Parser, access: Access, seconds: int
) -> None:
    """Read one mailbox and set the time of the next pass, `seconds` later if all is well."""
    this = _Pass(database, parser, lease)
    try:
        trouble = await _trouble(this, access)
        if trouble:
            await _failed(this, trouble, seconds)
        else:
            await _succeeded(this, seconds)
    except LeaseLost:
        log.warning("sync.lease_lost", mailbox=str(lease.mailbox_id))


async def _trouble(this: _Pass, access: Access) -> str | None:
    """Read the mailbox and answer what went wrong, in words for people."""
    server = None
    try:
        async with this.database.reading() as session:
            mailbox = await session.get_one(Mailbox, this.lease.mailbox_id)
        server = imap_server(mailbox, access)
        async with asyncio.timeout(PASS_SECONDS):
            await _read_folders(this, server)
    except (imap.ImapError, Unreadable) as error:
        return server.concealed(str(error)) if server else str(error)
    except TimeoutError:
        return f"reading took more than {PASS_SECONDS:.0f} s"
    except LeaseLost:
        raise
    except Exception as error:
        if database_is_away(error):
            raise
        log.exception("sync.broken", mailbox=str(this.lease.mailbox_id))
        return f"reading broke off ({type(error).__name__})"
    return None


async def _read_folders(this: _Pass, server: Server) -> None:
    """Read the inbox first, then what was sent."""
    async with imap.open_mailbox(server) as connection:
        names = await connection.folders()
        sent = [name for name, flags in names if is_sent_folder(name, flags)]
        await _read_folder(this, connection, "INBOX", "inbox")
        for name in sent[:1]:
            await _read_folder(this, connection, name, "sent")


async def _read_folder(this: _Pass, connection: imap.Connection, name: str, role: str) -> None:
    started = clock.now()
    state = await connection.examine(name)
    folder = await _folder(this, connection, state, name, role)
    await _fetch_awaited(this, connection, folder)
    uids = await connection.uids(folder.last_uid + 1, state.newest_uid)
    for window in windows(uids):
        heads = await _without_known(this, folder, await connection.heads(window))
        affordable = heads[: this.budget]
        await _fetch(this, connection, folder, affordable)
        if len(affordable) < len(heads):
            return  # what of it was looked at in vain is looked at again in the next pass
        await _move_cursor(this, folder, window[-1])
    await _finish(this, folder, max(state.newest_uid, folder.last_uid), started)


async def _fetch_awaited(this: _Pass, connection: imap.Connection, folder: Folder) -> None:
    """Fetch letters again whose record was announced after they had been looked at (MAI-017).

    They wait no longer only after they were kept; one that is gone from the server does not either.
    """
    async with this.database.reading() as session:
        uids = await awaited_uids(session, folder, this.budget)
    for window in windows(uids):
        await _fetch(this, connection, folder, await connection.heads(window))
        async with this.writing() as (session, _):
            await end_waiting(session, folder, window)


async def _folder(
    this: _Pass, connection: imap.Connection, state: FolderState, name: str, role: str
) -> Folder:
    """Answer how far the folder was read; a new UIDVALIDITY begins it anew (MAI-009)."""
    async with this.database.reading() as session:
        folder = await find_folder(session, this.lease.mailbox_id, name)
    start = 0 if folder else first_cursor(await connection.uids(1, state.newest_uid))
    async with this.writing() as (session, mailbox):
        if folder is None:
            folder = Folder(
                id=uuid7(),
                mailbox_id=mailbox.id,
                name=name,
                role=role,
                uidvalidity=state.uidvalidity,
                last_uid=start,
                scanned_at=clock.now(),
                recovering_since=None,
            )
            session.add(folder)
        elif folder.uidvalidity != state.uidvalidity:
            folder = await session.merge(folder)
            folder.recovering_since = folder.recovering_since or folder.scanned_at
            folder.uidvalidity, folder.last_uid = state.uidvalidity, 0
    return folder


async def _without_known(this: _Pass, folder: Folder, heads: Sequence[Head]) -> list[Head]:
    """While recovering, note the new places of known letters, and pass over what was looked at.

    Letters that wait for their record are looked at again: they wait in their new place.
    """
    since = folder.recovering_since
    if since is None:
        return list(heads)
    rfc_ids = [head.rfc_id for head in heads]
    async with this.writing() as (session, _):
        known = await earlier_places(session, folder, rfc_ids)
        waiting = await waiting_before(session, folder, rfc_ids)
        again = {head: known.get((head.rfc_id, head.size)) for head in heads}
        places = [(head, message_id) for head, message_id in again.items() if message_id]
        await note_places(session, folder, places)
    return [
        head
        for head, known_id in again.items()
        if known_id is None
        and ((head.rfc_id, head.size) in waiting or not seen_before(head.arrived_at, since))
    ]


async def _fetch(
    this: _Pass, connection: imap.Connection, folder: Folder, heads: Sequence[Head]
) -> None:
    by_uid = {head.uid: head for head in heads}
    for group in groups([(head.uid, min(head.size, LARGEST_LETTER)) for head in heads]):
        small = [uid for uid in group if by_uid[uid].size <= LARGEST_LETTER]
        originals = await connection.originals(small) if small else {}
        for uid in group:
            head = by_uid[uid]
            this.budget -= 1
            raw = originals.get(uid) or await connection.beginning(uid)
            if not raw:  # it was deleted on the server a moment ago
                continue
            found = await _found(this, head, raw)
            if may_belong(folder, found.letter):
                await _keep(this, folder, found)
            elif this.has_long_been_silent:
                await _move_cursor(this, folder, uid)


async def _found(this: _Pass, head: Head, raw: bytes) -> Found:
    if head.size > LARGEST_LETTER:
        letter = rough(raw, "the letter is too large; only its beginning was fetched")
    else:
        letter = await this.parser.parse(raw)
    return Found(head, raw, letter)


async def _keep(this: _Pass, folder: Folder, found: Found) -> None:
    """Keep a letter and the cursor behind it."""
    try:
        await _keep_once(this, folder, found)
    except IntegrityError:  # another mailbox has brought the same letter at this very moment
        await _keep_once(this, folder, found)


async def _keep_once(this: _Pass, folder: Folder, found: Found) -> None:
    async with this.writing() as (session, mailbox):
        await keep_letter(session, mailbox, folder, found)
        await _set_cursor(session, folder, found.head.uid)


async def _move_cursor(this: _Pass, folder: Folder, uid: int) -> None:
    async with this.writing() as (session, _):
        await _set_cursor(session, folder, uid)


async def _set_cursor(session: AsyncSession, folder: Folder, uid: int) -> None:
    row = await session.get_one(Folder, folder.id)
    row.last_uid = max(row.last_uid, uid)  # a letter that was awaited lies before it


async def _finish(this: _Pass, folder: Folder, newest_uid: int, started: datetime) -> None:
    """Note that the folder was read to its end; places of earlier numberings are forgotten."""
    async with this.writing() as (session, _):
        row = await session.get_one(Folder, folder.id)
        row.last_uid, row.scanned_at, row.recovering_since = newest_uid, started, None
        await session.execute(
            delete(Location).where(
                Location.folder_id == row.id, Location.uidvalidity != row.uidvalidity
            )
        )
        await forget_outdated(session, row)


async def _succeeded(this: _Pass, seconds: int) -> None:
    """Set the next pass: at once, if this one left letters for it or somebody asked meanwhile."""
    async with this.writing() as (_, mailbox):
        mailbox.state, mailbox.last_error, mailbox.fail_streak = "ok", None, 0
        mailbox.last_sync_at, mailbox.lease_until = clock.now(), None
        asked_meanwhile = mailbox.next_due > this.started_at
        if this.budget > 0 and not asked_meanwhile:
            mailbox.next_due = this.started_at + pause(0, seconds)  # a long pass delays no letter


async def _failed(this: _Pass, reason: str, seconds: int) -> None:
    """Note the failure, wait longer each time, and tell about the first of a row (EVT-062)."""
    async with this.writing() as (session, mailbox):
        mailbox.fail_streak += 1
        mailbox.state, mailbox.last_error, mailbox.lease_until = "failing", reason, None
        mailbox.next_due = clock.now() + pause(mailbox.fail_streak, seconds)
        if mailbox.fail_streak == 1:
            mailbox.version += 1
            emit(
                session,
                events.mailbox_failed(mailbox, reason),
                mailbox.version,
                department_id=mailbox.department_id,
            )
