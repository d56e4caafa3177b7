"""Keeps letters found on a mail server, once each, tied to the record they belong to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit, event_log
from chassis.event_log import emit
from kernel import clock
from kernel.ids import uuid7
from mail import events
from mail.clients.imap_answers import Head
from mail.commands.linking import Target, link_message, targets_of
from mail.commands.sending import found_in_sent
from mail.domain.letter import Letter
from mail.domain.parsing import digest
from mail.domain.ticket import tickets_in
from mail.models import Body, Folder, Location, Mailbox, Message, WaitingLetter
from mail.queries.messages import (
    find_answered,
    find_namesakes,
    find_ours,
    links_of,
    was_removed,
)
from mail.queries.records import find_by_tickets, find_removed

EARLIEST: Final = datetime.fromisoformat("1990-01-01T00:00:00Z")
CLOCK_SLACK: Final = timedelta(days=1)
RAW_SEARCH: Final = 1_000_000
NEW_PLACE: Final = insert(Location).on_conflict_do_nothing()


@dataclass(frozen=True)
class Found:
    """A letter as it lies in a folder."""

    head: Head
    raw: bytes
    letter: Letter


@dataclass(frozen=True)
class Belonging:
    """What a letter belongs to, and how that became known: by ticket or by thread."""

    targets: tuple[Target, ...]
    ticket: str | None
    way: str


def may_belong(folder: Folder, letter: Letter) -> bool:
    """Answer whether it is worth asking the database about a letter; most letters are not."""
    if folder.role == "sent" or letter.defect or letter.answers:
        return True
    return any(tickets_in(text) for text in (letter.subject, letter.text, letter.html or ""))


async def keep_letter(
    session: AsyncSession, mailbox: Mailbox, folder: Folder, found: Found
) -> Message | None:
    """Keep a letter if it belongs to a record; answers it, or none if it stays on the server.

    A letter that is stored already only gets one more place (MAI-010), one that was removed none.
    Of a letter whose tickets lead nowhere yet only its place is noted, to be fetched again.
    """
    letter, content, crm_id = found.letter, digest(found.raw), _uuid(found.letter.crm_id)
    if folder.role == "sent":
        ours = await find_ours(session, letter.rfc_id, crm_id, mailbox.id)
        if ours:
            await found_in_sent(session, ours)
            return await _placed(session, folder, found, ours)
    namesakes = await find_namesakes(session, letter.rfc_id, crm_id)
    for known in namesakes:
        if known.digest == content:
            return await _placed(session, folder, found, known)
    tickets = _tickets(found)
    belonging = await _belonging(session, letter, tickets)
    if belonging is None:
        await _let_wait(session, folder, found.head, tickets)
        return None
    if await was_removed(session, letter.rfc_id, crm_id, content):
        return None
    message = _message(session, mailbox, folder, found)
    message.digest, message.doubted = content, bool(namesakes)
    message.ticket = belonging.ticket
    session.add(message)
    await session.flush()
    session.add(_body(message, found))
    await _placed(session, folder, found, message)
    await _tell(session, mailbox, message, belonging)
    return message


async def note_places(
    session: AsyncSession, folder: Folder, places: Sequence[tuple[Head, UUID]]
) -> None:
    """Note where on their mail server stored letters lie."""
    rows = [{**_place(folder, head), "message_id": message_id} for head, message_id in places]
    if rows:
        await session.execute(NEW_PLACE, rows)


def _place(folder: Folder, head: Head) -> dict[str, Any]:
    return {
        "folder_id": folder.id,
        "uidvalidity": folder.uidvalidity,
        "uid": head.uid,
        "mailbox_id": folder.mailbox_id,
        "rfc_id": head.rfc_id,
        "size": head.size,
    }


async def _let_wait(
    session: AsyncSession, folder: Folder, head: Head, tickets: Sequence[str]
) -> None:
    """Note where a letter lies that may belong to a record not announced yet (MAI-017)."""
    if tickets:
        place = {**_place(folder, head), "tickets": list(tickets), "found_at": clock.now()}
        await session.execute(insert(WaitingLetter).values(place).on_conflict_do_nothing())


def _tickets(found: Found) -> tuple[str, ...]:
    """Answer the tickets of a letter: those in the subject, then those in the text."""
    letter = found.letter
    text = letter.text
    if letter.defect:  # what could not be read may still show its ticket
        text += found.raw[:RAW_SEARCH].decode("ascii", "ignore")
    return tickets_in(letter.subject) + tickets_in(text) + tickets_in(letter.html or "")


async def _belonging(
    session: AsyncSession, letter: Letter, tickets: Sequence[str]
) -> Belonging | None:
    """Find the record: by the first ticket that leads to one, then by thread (MAI-017)."""
    records = await find_by_tickets(session, tickets)
    for ticket in tickets:
        if ticket in records:
            return Belonging(tuple(targets_of(records[ticket])), ticket, "ticket")
    answered = await find_answered(session, letter.answers)
    if answered is None:
        return None
    links = (await links_of(session, [answered.id]))[answered.id]
    gone = await find_removed(session, [link.record_id for link in links])
    targets = tuple((link.kind, link.record_id) for link in links if link.record_id not in gone)
    return Belonging(targets, answered.ticket, "thread") if targets else None


def _message(session: AsyncSession, mailbox: Mailbox, folder: Folder, found: Found) -> Message:
    letter = found.letter
    actor = event_log.origin_of(session).actor
    outgoing = folder.role == "sent"
    at = _credible(letter.sent_at, found.head.arrived_at)
    return Message(
        id=uuid7(),
        version=0,
        created_by=actor,
        updated_by=actor,
        direction="out" if outgoing else "in",
        state="sent" if outgoing else "received",
        mailbox_id=mailbox.id,
        owner_id=mailbox.owner_id,
        co_owner_id=mailbox.co_owner_id,
        department_id=mailbox.department_id,
        rfc_id=letter.rfc_id,
        in_reply_to=letter.in_reply_to,
        references=list(letter.references),
        sender=asdict(letter.sender),
        to=[asdict(address) for address in letter.to],
        cc=[asdict(address) for address in letter.cc],
        subject=letter.subject,
        at=at,
        sent_at=at,
        attachments=[asdict(attachment) for attachment in letter.attachments],
        defect=letter.defect,
    )


def _body(message: Message, found: Found) -> Body:
    return Body(
        message_id=message.id,
        text=found.letter.text,
        html=found.letter.html,
        headers=[list(header) for header in found.letter.headers],
        original=found.raw,
    )


async def _tell(
    session: AsyncSession, mailbox: Mailbox, message: Message, belonging: Belonging
) -> None:
    changes: dict[str, tuple[Any, Any]] = {"subject": (None, message.subject)}
    audit.record(session, "email", message.id, message.state, changes)
    message.version += 1
    if message.direction == "in":
        emit(
            session,
            events.email_received(message, mailbox),
            message.version,
            department_id=message.department_id,
        )
    await link_message(session, message, belonging.targets, belonging.way)


async def _placed(session: AsyncSession, folder: Folder, found: Found, message: Message) -> Message:
    rfc_id = found.letter.rfc_id
    if message.rfc_id != rfc_id:  # a server on the way gave it another name
        unknown = update(Message).where(
            Message.id == message.id, ~Message.aliases.contains([rfc_id])
        )
        await session.execute(unknown.values(aliases=func.array_append(Message.aliases, rfc_id)))
    await note_places(session, folder, [(found.head, message.id)])
    return message


def _credible(sent_at: datetime | None, arrived_at: datetime | None) -> datetime:
    """Answer the date of a letter; if that is absurd, when it arrived, or else now."""
    now = clock.now()
    told = (at for at in (sent_at, arrived_at) if at and EARLIEST <= at <= now + CLOCK_SLACK)
    return next(told, now)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
