"""Sends the letters of the queue: never two at once, never twice without being asked (MAI-028).

    waiting → claimed → data → sent | failed | waiting again | uncertain

`data` is committed before the first byte of the letter goes out. Whoever dies before it leaves a
letter that is safe to try again; whoever dies after it leaves one that nobody knows about: it is
`uncertain` until it shows up in the Sent folder or its author decides.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from chassis.database import Database
from chassis.event_log import emit
from chassis.origin import by_system
from contracts.event import Event
from kernel import clock
from mail import events
from mail.clients import smtp
from mail.clients.server import Server
from mail.commands.access import Access, smtp_server
from mail.domain.composing import wire
from mail.domain.sealing import Unreadable
from mail.domain.sending import Recipient as RecipientState
from mail.domain.sending import Reply, Stage, next_try, outcome
from mail.models import Mailbox, Message, Outgoing, Recipient
from mail.queries.messages import get_body, links_of
from mail.queries.outgoing import (
    DATA_LEASE,
    LEASE,
    lock_due,
    lock_held,
    lock_unfinished,
    recipients_of,
)

ORIGIN = "mail.send"
UNKNOWN = "The connection ended before the server confirmed the letter; it may have been sent."
MAILBOX_GONE = Reply(550, "The mailbox was removed.")
NO_SECRET = Reply(550, "The secret of the mailbox cannot be read; enter it again.")

log = structlog.get_logger()


class LeaseLost(Exception):
    """Somebody else has the letter now; nothing may be written about it any more."""


@dataclass(frozen=True)
class Claim:
    """The right to send one letter, until its lease ends."""

    message_id: UUID
    epoch: int


@dataclass(frozen=True)
class _Job:
    """A claimed letter with all that is needed to send it."""

    claim: Claim
    server: Server | Reply
    sender: str
    recipients: tuple[str, ...]
    original: bytes


async def claim_due(database: Database, most: int) -> list[Claim]:
    """Claim letters whose time has come; those of senders that died while transmitting end here."""
    async with database.transaction(by_system(ORIGIN)) as session:
        for entry in await lock_unfinished(session):
            await _leave_uncertain(session, entry)
        entries = await lock_due(session, most) if most else []
        for entry in entries:
            entry.stage, entry.attempts = Stage.CLAIMED, entry.attempts + 1
            entry.lease_until, entry.lease_epoch = func.now() + LEASE, entry.lease_epoch + 1
        claims = [Claim(entry.message_id, entry.lease_epoch) for entry in entries]
        if claims:
            claimed = Message.id.in_([claim.message_id for claim in claims])
            await session.execute(update(Message).where(claimed).values(state="sending"))
        return claims


async def deliver(database: Database, claim: Claim, access: Access) -> None:
    """Try to send one letter and write down what became of it."""
    try:
        job = await _job(database, claim, access)
        try:
            replies = await _transmit(database, job)
        except smtp.NotTaken as refusal:
            replies = dict.fromkeys(job.recipients, refusal.reply)
        except smtp.Unknown:
            await _settle_unknown(database, claim)
            return
        await _settle(database, claim, replies)
    except LeaseLost:
        log.warning("sending.lease_lost", message=str(claim.message_id))


async def found_in_sent(session: AsyncSession, message: Message) -> None:
    """Settle an uncertain letter that showed up on the server: it was sent after all."""
    if message.state != "uncertain":
        return
    recipients = await recipients_of(session, message.id)
    for recipient in recipients:
        if recipient.state == RecipientState.WAITING:
            recipient.state = RecipientState.SENT
    await _conclude(session, message, recipients)


async def _job(database: Database, claim: Claim, access: Access) -> _Job:
    async with database.reading() as session:
        message = await session.get_one(Message, claim.message_id)
        mailbox = await session.get_one(Mailbox, message.mailbox_id)
        recipients = await recipients_of(session, message.id)
        body = await get_body(session, message.id)
        return _Job(
            claim,
            _server(mailbox, access),
            wire(mailbox.address),
            tuple(one.address for one in recipients if one.state == RecipientState.WAITING),
            body.original or b"",
        )


def _server(mailbox: Mailbox, access: Access) -> Server | Reply:
    """Answer where to send, or why that cannot be known."""
    if mailbox.deleted_at:
        return MAILBOX_GONE
    try:
        return smtp_server(mailbox, access)
    except Unreadable:
        return NO_SECRET


async def _transmit(database: Database, job: _Job) -> dict[str, Reply]:
    if isinstance(job.server, Reply):
        raise smtp.NotTaken(job.server)
    async with smtp.connect(job.server) as connection:
        replies = await connection.offer(job.sender, job.recipients)
        taken = [who for who, reply in replies.items() if reply.verdict == RecipientState.SENT]
        if taken:
            await _begin_data(database, job.claim)
            replies |= dict.fromkeys(taken, await connection.transmit(job.original))
    return replies


async def _begin_data(database: Database, claim: Claim) -> None:
    async with database.transaction(by_system(ORIGIN)) as session:
        entry = await _held(session, claim)
        entry.stage, entry.lease_until = Stage.DATA, func.now() + DATA_LEASE


async def _held(session: AsyncSession, claim: Claim) -> Outgoing:
    entry = await lock_held(session, claim.message_id, claim.epoch)
    if entry is None:
        raise LeaseLost
    return entry


async def _settle_unknown(database: Database, claim: Claim) -> None:
    async with database.transaction(by_system(ORIGIN)) as session:
        await _leave_uncertain(session, await _held(session, claim))


async def _leave_uncertain(session: AsyncSession, entry: Outgoing) -> None:
    message = await _locked_message(session, entry.message_id)
    message.error = UNKNOWN
    await session.delete(entry)
    _move(session, message, "uncertain")


async def _settle(database: Database, claim: Claim, replies: Mapping[str, Reply]) -> None:
    """Write down what the server said; what it did not take yet waits for the next try."""
    async with database.transaction(by_system(ORIGIN)) as session:
        entry = await _held(session, claim)
        message = await _locked_message(session, claim.message_id)
        recipients = await recipients_of(session, claim.message_id)
        jitter = random.uniform(-1, 1)  # noqa: S311 - no secret
        again_at = next_try(entry.attempts, entry.first_at, clock.now(), jitter)
        for recipient in recipients:
            reply = replies.get(recipient.address)
            if reply:
                _note_reply(recipient, reply, last=again_at is None)
        if again_at and outcome(RecipientState(one.state) for one in recipients) == "queued":
            entry.stage, entry.next_at, entry.lease_until = Stage.WAITING, again_at, None
            message.error = next(one.reply for one in recipients if one.state == "waiting")
            _move(session, message, "queued")
            return
        await session.delete(entry)
        await _conclude(session, message, recipients)


def _note_reply(recipient: Recipient, reply: Reply, *, last: bool) -> None:
    state = reply.verdict
    if last and state == RecipientState.WAITING:
        state = RecipientState.REFUSED
    recipient.state, recipient.code, recipient.reply = state, reply.code or None, reply.text


async def _conclude(
    session: AsyncSession, message: Message, recipients: Sequence[Recipient]
) -> None:
    """Say that a letter was sent, and to whom it could not be sent."""
    links = (await links_of(session, [message.id]))[message.id]
    sent = [one.address for one in recipients if one.state == RecipientState.SENT]
    refused = [one for one in recipients if one.state == RecipientState.REFUSED]
    message.error = refused[0].reply if refused else None
    if sent:
        message.sent_at = message.at = clock.now()
    _move(session, message, "sent" if sent else "failed")
    if sent:
        _emit(session, message, events.email_sent(message, sent, links))
    for one in refused:
        message.version += 1
        failed = events.email_failed(message, one.address, one.reply or "", links)
        _emit(session, message, failed)


async def _locked_message(session: AsyncSession, message_id: UUID) -> Message:
    return await session.get_one(Message, message_id, with_for_update={"key_share": True})


def _move(session: AsyncSession, message: Message, state: str) -> None:
    old, message.state = message.state, state
    message.version += 1
    message.updated_at, message.updated_by = clock.now(), ORIGIN
    if state != "queued":
        audit.record(session, "email", message.id, state, {"state": (old, state)})


def _emit(session: AsyncSession, message: Message, event: Event) -> None:
    emit(session, event, message.version, department_id=message.department_id)
