"""The order to send a letter: it is completed, fixed byte by byte, and queued (MAI-028)."""

from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from kernel import clock
from kernel.errors import Conflict, Invalid, all_invalid, invalid
from kernel.text import email_key
from mail.commands.letters import (
    addresses,
    as_row,
    chosen_mailbox,
    locked_letter,
    note,
    require_state,
    sender_of,
)
from mail.domain import composing, markup, parsing, ticket
from mail.domain.sending import Recipient as RecipientState
from mail.domain.sending import Stage
from mail.models import Body, Mailbox, Message, Outgoing, Recipient
from mail.queries.messages import get_body

UNSENT: Final = ("draft", "failed", "uncertain")


async def send_letter(
    session: AsyncSession, message_id: UUID, caller: Caller, *, again: bool, expected: int | None
) -> Message:
    """Put a letter into the queue of those to be sent, its original fixed from here on.

    Raises:
        Invalid: subject, text, recipient or mailbox are missing.
        Conflict: it is on its way or sent; or nobody knows, and the caller did not say `again`.
    """
    message = await locked_letter(session, message_id, caller, "mail.message.send", expected)
    require_state(message, UNSENT, "message_sent_already")
    if message.state == "uncertain" and not again:
        raise Conflict(
            "The server may have this letter already; send it again only if it has not.",
            code="sending_uncertain",
        )
    mailbox = await chosen_mailbox(session, message.mailbox_id, caller)
    body = await get_body(session, message.id)
    lacking = _lacking(message, body, mailbox)
    if lacking or mailbox is None:
        raise all_invalid([error for fault in lacking for error in fault.errors])
    message.mailbox_id, message.sender = mailbox.id, as_row(sender_of(mailbox))
    if message.state != "uncertain":  # else: the very same letter, to those who may not have it
        _write_original(message, body, mailbox)
        await _list_recipients(session, message)
    now = clock.now()
    session.add(Outgoing(message_id=message.id, stage=Stage.WAITING, first_at=now, next_at=now))
    old, message.state, message.error = message.state, "queued", None
    note(session, message, "queued", {"state": (old, "queued")})
    return message


def _lacking(message: Message, body: Body, mailbox: Mailbox | None) -> list[Invalid]:
    """Answer everything that a letter lacks before it can be sent."""
    mark = ticket.mark(message.ticket) if message.ticket else ""
    to = [email_key(address["email"]) for address in message.to]
    faults = []
    if not message.subject.replace(mark, "").strip():
        faults.append(invalid("subject", "is needed", "subject_missing"))
    if not (body.text.strip() or body.html):
        faults.append(invalid("text", "is needed", "text_missing"))
    if not to:
        faults.append(invalid("to", "is needed", "recipient_missing"))
    if mailbox is None:
        faults.append(invalid("mailbox_id", "you have none to send from", "mailbox_missing"))
    elif email_key(mailbox.address) in to:
        faults.append(invalid("to", "is the mailbox itself", "recipient_is_sender"))
    return faults


def _write_original(message: Message, body: Body, mailbox: Mailbox) -> None:
    """Fix the bytes of the letter, so that every try sends the same."""
    now = clock.now()
    text, html = body.text, body.html
    if not text and html:
        text = markup.plain(html)
    if message.ticket:
        text = ticket.in_text(text, message.ticket)
        html = ticket.in_html(html, message.ticket) if html else None
    sender = sender_of(mailbox)
    draft = composing.Draft(
        message_id=message.id,
        sender=sender,
        to=addresses(message.to),
        cc=addresses(message.cc),
        subject=message.subject,
        text=text,
        html=html,
    )
    body.original = composing.compose(draft, now)
    body.text, body.html = text, html
    message.rfc_id = composing.rfc_id(message.id, sender.email)
    message.digest = parsing.digest(body.original)
    message.at = now


async def _list_recipients(session: AsyncSession, message: Message) -> None:
    """Note who is to get the letter, each address once."""
    await session.execute(delete(Recipient).where(Recipient.message_id == message.id))
    everybody = addresses([*message.to, *message.cc])
    for address in {composing.wire(person.email): None for person in everybody}:
        waiting = RecipientState.WAITING
        session.add(Recipient(message_id=message.id, address=address, state=waiting))
