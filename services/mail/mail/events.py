"""What mail says so far: letters received, tied, sent or refused, and mailboxes in trouble."""

from collections.abc import Sequence
from typing import Final

from contracts.mail import (
    AuditRecorded,
    EmailFailed,
    EmailLinked,
    EmailReceived,
    EmailSent,
    MailboxFailed,
    Sender,
)
from contracts.vocabulary import Ref
from kernel import clock
from mail.models import Link, Mailbox, Message

PUBLISHES = (EmailReceived, EmailLinked, EmailSent, EmailFailed, MailboxFailed, AuditRecorded)

MOST_TOLD_RECIPIENTS: Final = 20
"""An event is small; the letter itself knows all of its recipients."""


def email_received(message: Message, mailbox: Mailbox) -> EmailReceived:
    return EmailReceived(
        message_id=message.id,
        rfc_id=message.rfc_id or "",
        mailbox_id=mailbox.id,
        owner_id=message.owner_id,
        ticket=message.ticket,
        sender=Sender(name=message.sender["name"] or None, email=message.sender["email"]),
        to=tuple(recipient["email"] for recipient in message.to[:MOST_TOLD_RECIPIENTS]),
        subject=message.subject,
        sent_at=message.at,
        intake=False,
        has_files=bool(message.attachments),
    )


def email_linked(message: Message, links: Sequence[Link], way: str) -> EmailLinked:
    return EmailLinked(
        message_id=message.id,
        direction=message.direction,
        links=_refs(links),
        way=way,
        at=clock.now(),
    )


def email_sent(message: Message, to: Sequence[str], links: Sequence[Link]) -> EmailSent:
    if message.mailbox_id is None or message.sent_at is None:
        raise ValueError("only a letter that left a mailbox was sent")
    return EmailSent(
        message_id=message.id,
        mailbox_id=message.mailbox_id,
        to=tuple(to[:MOST_TOLD_RECIPIENTS]),
        links=_refs(links),
        ticket=message.ticket,
        kind="letter",
        at=message.sent_at,
    )


def email_failed(
    message: Message, recipient: str, reason: str, links: Sequence[Link]
) -> EmailFailed:
    return EmailFailed(
        message_id=message.id, recipient=recipient, reason=reason, links=_refs(links)
    )


def mailbox_failed(mailbox: Mailbox, error: str) -> MailboxFailed:
    return MailboxFailed(mailbox_id=mailbox.id, owner_id=mailbox.owner_id, error=error)


def _refs(links: Sequence[Link]) -> tuple[Ref, ...]:
    return tuple(Ref(kind=link.kind, id=link.record_id) for link in links)
