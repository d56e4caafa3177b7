"""Letters that are written here: drafts, and the order to send them (MAI-016, MAI-027, MAI-028)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit, event_log
from chassis.auth import Caller
from kernel import clock
from kernel.errors import Conflict, FieldError, Invalid, invalid
from kernel.ids import uuid7
from kernel.text import email_key
from mail.commands.linking import link_message, targets_of
from mail.commands.versions import expect
from mail.domain import composing, markup, parsing, ticket
from mail.domain.letter import Address
from mail.domain.sending import Recipient as RecipientState
from mail.domain.sending import Stage
from mail.models import Body, CrmRecord, Mailbox, Message, Outgoing, Recipient
from mail.queries.mailboxes import find_account, find_main_mailbox, get_mailbox
from mail.queries.messages import get_body, get_message
from mail.queries.records import find_records, find_visible_record

ADD: Final = "mail.message.add"
CHANGE: Final = "mail.message.change"
EDITABLE: Final = ("draft", "failed")
UNSENT: Final = ("draft", "failed", "uncertain")
SUBJECT: Final = 400


@dataclass(frozen=True)
class Written:
    """What the writer gave of a new letter; what is missing comes from the record."""

    record: tuple[str, UUID] | None
    mailbox_id: UUID | None
    to: Sequence[Address] | None
    cc: Sequence[Address]
    subject: str | None
    text: str
    html: str | None


async def write_letter(session: AsyncSession, written: Written, caller: Caller) -> Message:
    """Make a draft, filled in from its record; it is tied to the record and who that is about."""
    record = await _record(session, written.record, caller)
    mailbox = await _mailbox(session, written.mailbox_id, caller)
    account = await find_account(session, caller.user_id)
    to = await _prefilled_recipients(session, record) if written.to is None else written.to
    subject = _prefilled_subject(record) if written.subject is None else written.subject
    message = Message(
        **_who_and_when(session, caller.user_id),
        department_id=next(iter(account.department_ids), None) if account else None,
        direction="out",
        state="draft",
        mailbox_id=mailbox.id if mailbox else None,
        sender=_as_row(_sender(mailbox)),
        to=[_as_row(address) for address in to],
        cc=[_as_row(address) for address in written.cc],
        subject=_marked(subject, record.ticket if record else None),
        ticket=record.ticket if record else None,
    )
    session.add(message)
    await session.flush()
    session.add(Body(message_id=message.id, text=written.text, html=_safe(written.html)))
    audit.record(session, "email", message.id, "created", audit.difference({}, _audited(message)))
    if record:
        await link_message(session, message, targets_of(record), "hand")
    return message


async def edit_letter(
    session: AsyncSession,
    message_id: UUID,
    given: Mapping[str, Any],
    caller: Caller,
    expected: int | None,
) -> Message:
    """Change what a letter that was not sent says; what was received is never changed (MAI-012)."""
    message = await _locked(session, message_id, caller, CHANGE, expected)
    _require_state(message, EDITABLE, "message_read_only")
    before = _audited(message)
    if "mailbox_id" in given:
        mailbox = await _mailbox(session, given["mailbox_id"], caller)
        message.mailbox_id = mailbox.id if mailbox else None
        message.sender = _as_row(_sender(mailbox))
    for field in ("to", "cc"):
        if field in given:
            setattr(message, field, [_as_row(address) for address in given[field]])
    if "subject" in given:
        message.subject = _marked(given["subject"], message.ticket)
    changes = audit.difference(before, _audited(message))
    texts = {field: given[field] for field in ("text", "html") if field in given}
    if texts:
        body = await get_body(session, message.id)
        body.text = texts.get("text", body.text)
        body.html = _safe(texts["html"]) if "html" in texts else body.html
        changes["text"] = (audit.SECRET, audit.SECRET)
    _note(session, message, "changed", changes)
    return message


async def send_letter(
    session: AsyncSession, message_id: UUID, caller: Caller, *, again: bool, expected: int | None
) -> Message:
    """Put a letter into the queue of those to be sent, its original fixed from here on.

    Raises:
        Invalid: subject, text, recipient or mailbox are missing.
        Conflict: it is on its way or sent; or nobody knows, and the caller did not say `again`.
    """
    message = await _locked(session, message_id, caller, "mail.message.send", expected)
    _require_state(message, UNSENT, "message_sent_already")
    if message.state == "uncertain" and not again:
        raise Conflict(
            "The server may have this letter already; send it again only if it has not.",
            code="sending_uncertain",
        )
    mailbox = await _sending_mailbox(session, message, caller)
    body = await get_body(session, message.id)
    _require_complete(message, body, mailbox)
    if body.original is None or message.state == "failed":
        _write_original(message, body, mailbox)
    await _queue(session, message)
    old, message.state, message.error = message.state, "queued", None
    _note(session, message, "queued", {"state": (old, "queued")})
    return message


async def remove_letter(
    session: AsyncSession, message_id: UUID, caller: Caller, expected: int | None
) -> None:
    """Remove a letter from every list; the mail server keeps its own copy."""
    message = await _locked(session, message_id, caller, "mail.message.delete", expected)
    if message.state in ("queued", "sending"):
        raise Conflict("The letter is on its way.", code="message_on_its_way")
    message.deleted_at = clock.now()
    _note(session, message, "deleted", {})


async def restore_letter(session: AsyncSession, message_id: UUID, caller: Caller) -> Message:
    """Bring a removed letter back."""
    message = await get_message(session, message_id, caller, lock=True, deleted=True)
    caller.require("mail.message.delete", message)
    message.deleted_at = None
    _note(session, message, "restored", {})
    return message


async def _locked(
    session: AsyncSession, message_id: UUID, caller: Caller, right: str, expected: int | None
) -> Message:
    message = await get_message(session, message_id, caller, lock=True)
    caller.require(right, message)
    expect(message, expected)
    return message


def _require_state(message: Message, states: Sequence[str], code: str) -> None:
    if message.state not in states:
        raise Conflict(f"The letter is {message.state}.", code=code, state=message.state)


async def _record(
    session: AsyncSession, named: tuple[str, UUID] | None, caller: Caller
) -> CrmRecord | None:
    if named is None:
        return None
    record = await find_visible_record(session, *named, caller, ADD)
    if record is None:
        raise invalid("record", "there is no such record", "record_unknown")
    return record


async def _mailbox(
    session: AsyncSession, mailbox_id: UUID | None, caller: Caller
) -> Mailbox | None:
    """Answer the mailbox chosen, or else the user's main one, if there is one."""
    if mailbox_id is None:
        return await find_main_mailbox(session, caller.user_id)
    mailbox = await get_mailbox(session, mailbox_id, caller)
    caller.require("mail.mailbox.use", mailbox)
    return mailbox


async def _sending_mailbox(session: AsyncSession, message: Message, caller: Caller) -> Mailbox:
    mailbox = await _mailbox(session, message.mailbox_id, caller)
    if mailbox is None:
        raise invalid("mailbox_id", "you have no mailbox to send from", "mailbox_missing")
    message.mailbox_id, message.sender = mailbox.id, _as_row(_sender(mailbox))
    return mailbox


def _require_complete(message: Message, body: Body, mailbox: Mailbox) -> None:
    bare = message.subject.replace(ticket.mark(message.ticket), "") if message.ticket else None
    missing = {
        "subject": not (message.subject if bare is None else bare).strip(),
        "text": not (body.text.strip() or body.html),
        "to": not message.to,
    }
    errors = [
        FieldError(f"/{field}", "missing", "is needed") for field in missing if missing[field]
    ]
    if email_key(mailbox.address) in (email_key(address["email"]) for address in message.to):
        errors.append(FieldError("/to", "own_address", "is the mailbox itself"))
    if errors:
        raise Invalid(f"{errors[0].field}: {errors[0].message}", errors=tuple(errors))


def _write_original(message: Message, body: Body, mailbox: Mailbox) -> None:
    """Fix the bytes of the letter, so that every try sends the same."""
    now = clock.now()
    text, html = body.text, body.html
    if not text and html:
        text = markup.plain(html)
    if message.ticket:
        text = ticket.in_text(text, message.ticket)
        html = ticket.in_html(html, message.ticket) if html else None
    sender = _sender(mailbox)
    draft = composing.Draft(
        message_id=message.id,
        sender=sender,
        to=_addresses(message.to),
        cc=_addresses(message.cc),
        subject=message.subject,
        text=text,
        html=html,
    )
    body.original = composing.compose(draft, now)
    body.text, body.html = text, html
    message.rfc_id = composing.rfc_id(message.id, sender.email)
    message.digest = parsing.digest(body.original)
    message.at = now


async def _queue(session: AsyncSession, message: Message) -> None:
    now = clock.now()
    await session.execute(delete(Outgoing).where(Outgoing.message_id == message.id))
    await session.execute(delete(Recipient).where(Recipient.message_id == message.id))
    session.add(Outgoing(message_id=message.id, stage=Stage.WAITING, first_at=now, next_at=now))
    everybody = _addresses([*message.to, *message.cc])
    for address in {composing.wire(person.email): None for person in everybody}:
        waiting = RecipientState.WAITING
        session.add(Recipient(message_id=message.id, address=address, state=waiting))


async def _prefilled_recipients(
    session: AsyncSession, record: CrmRecord | None
) -> Sequence[Address]:
    """Answer the record's own address, or that of its person, lead or company."""
    if record is None:
        return ()
    if record.email:
        return (Address(record.email, record.name if record.kind == "contact" else ""),)
    others = [found for found in (record.contact_id, record.lead_id, record.company_id) if found]
    known = await find_records(session, others)
    for other in (known[found] for found in others if found in known):
        if other.email and not other.removed:
            return (Address(other.email, other.name if other.kind == "contact" else ""),)
    return ()


def _prefilled_subject(record: CrmRecord | None) -> str:
    return f"Re: {record.name}"[:SUBJECT] if record and record.name else ""


def _marked(subject: str, its_ticket: str | None) -> str:
    return ticket.in_subject(subject, its_ticket) if its_ticket else subject


def _safe(html: str | None) -> str | None:
    if not html:
        return None
    safe = markup.sanitise(html)
    if safe is None:
        raise invalid("html", "is too large or nested too deeply", "html_too_large")
    return safe


def _sender(mailbox: Mailbox | None) -> Address:
    return Address(mailbox.address, mailbox.name) if mailbox else Address("")


def _as_row(address: Address) -> dict[str, str]:
    return {"email": address.email, "name": address.name}


def _addresses(rows: Sequence[Mapping[str, str]]) -> list[Address]:
    return [Address(row["email"], row["name"]) for row in rows]


def _who_and_when(session: AsyncSession, owner_id: UUID) -> dict[str, Any]:
    actor = event_log.origin_of(session).actor
    return {
        "id": uuid7(),
        "version": 1,
        "created_by": actor,
        "updated_by": actor,
        "owner_id": owner_id,
        "at": clock.now(),
    }


def _note(session: AsyncSession, message: Message, action: str, changes: audit.Changes) -> None:
    message.version += 1
    message.updated_at = clock.now()
    message.updated_by = event_log.origin_of(session).actor
    audit.record(session, "email", message.id, action, changes)


def _audited(message: Message) -> dict[str, Any]:
    return {
        "mailbox_id": str(message.mailbox_id) if message.mailbox_id else None,
        "to": [row["email"] for row in message.to],
        "cc": [row["email"] for row in message.cc],
        "subject": message.subject,
        "ticket": message.ticket,
    }
