"""Letters that are written here: made, changed, removed (MAI-012, MAI-016, MAI-027)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit, event_log
from chassis.auth import Caller
from kernel import clock
from kernel.errors import Conflict, NotFound, invalid
from kernel.ids import uuid7
from mail.commands.linking import link_message, targets_of
from mail.commands.versions import expect
from mail.domain import markup, ticket
from mail.domain.letter import Address
from mail.models import Body, CrmRecord, Mailbox, Message, RemovedLetter
from mail.queries.mailboxes import find_account, find_main_mailbox, get_mailbox
from mail.queries.messages import DELETE, get_body, get_message
from mail.queries.records import find_records, find_visible_record

ADD: Final = "mail.message.add"
CHANGE: Final = "mail.message.change"
EDITABLE: Final = ("draft", "failed")
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
    mailbox = await chosen_mailbox(session, written.mailbox_id, caller)
    account = await find_account(session, caller.user_id)
    to = await _prefilled_recipients(session, record) if written.to is None else written.to
    subject = _prefilled_subject(record) if written.subject is None else written.subject
    message = Message(
        **_who_and_when(session, caller.user_id),
        department_id=next(iter(account.department_ids), None) if account else None,
        direction="out",
        state="draft",
        mailbox_id=mailbox.id if mailbox else None,
        sender=as_row(sender_of(mailbox)),
        to=[as_row(address) for address in to],
        cc=[as_row(address) for address in written.cc],
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
    message = await locked_letter(session, message_id, caller, CHANGE, expected)
    require_state(message, EDITABLE, "message_read_only")
    before = _audited(message)
    if "mailbox_id" in given:
        mailbox = await chosen_mailbox(session, given["mailbox_id"], caller)
        message.mailbox_id = mailbox.id if mailbox else None
        message.sender = as_row(sender_of(mailbox))
    for field in ("to", "cc"):
        if field in given:
            setattr(message, field, [as_row(address) for address in given[field]])
    if "subject" in given:
        message.subject = _marked(given["subject"], message.ticket)
    changes = audit.difference(before, _audited(message))
    texts = {field: given[field] for field in ("text", "html") if field in given}
    if texts:
        body = await get_body(session, message.id)
        body.text = texts.get("text", body.text)
        body.html = _safe(texts["html"]) if "html" in texts else body.html
        changes["text"] = (audit.SECRET, audit.SECRET)
    note(session, message, "changed", changes)
    return message


async def remove_letter(
    session: AsyncSession, message_id: UUID, caller: Caller, expected: int | None
) -> None:
    """Remove a letter from every list; the mail server keeps its own copy."""
    message = await locked_letter(session, message_id, caller, DELETE, expected)
    if message.state in ("queued", "sending"):
        raise Conflict("The letter is on its way.", code="message_on_its_way")
    message.deleted_at = clock.now()
    if message.rfc_id and message.digest:  # else it never travelled, and cannot come back
        removed = RemovedLetter(message_id=message.id, rfc_id=message.rfc_id, digest=message.digest)
        session.add(removed)
    note(session, message, "deleted", {})


async def restore_letter(
    session: AsyncSession, message_id: UUID, caller: Caller, expected: int | None
) -> Message:
    """Bring a removed letter back."""
    message = await locked_letter(session, message_id, caller, DELETE, expected, deleted=True)
    message.deleted_at = None
    remembered = RemovedLetter.message_id == message.id
    await session.execute(delete(RemovedLetter).where(remembered))
    note(session, message, "restored", {})
    return message


async def locked_letter(
    session: AsyncSession,
    message_id: UUID,
    caller: Caller,
    right: str,
    expected: int | None,
    *,
    deleted: bool = False,
) -> Message:
    """Answer a letter that `right` reaches, locked and at the expected version."""
    message = await get_message(session, message_id, caller, lock=True, deleted=deleted)
    caller.require(right, message)
    expect(message, expected)
    return message


def require_state(message: Message, states: Sequence[str], code: str) -> None:
    """Refuse what a letter in another state cannot bear."""
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


async def chosen_mailbox(
    session: AsyncSession, mailbox_id: UUID | None, caller: Caller
) -> Mailbox | None:
    """Answer the mailbox chosen, or else the user's main one, if there is one."""
    if mailbox_id is None:
        return await find_main_mailbox(session, caller.user_id)
    try:
        mailbox = await get_mailbox(session, mailbox_id, caller)
    except NotFound:
        raise invalid("mailbox_id", "there is no such mailbox", "mailbox_unknown") from None
    caller.require("mail.mailbox.use", mailbox)
    return mailbox


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


def sender_of(mailbox: Mailbox | None) -> Address:
    """Answer what stands in From."""
    return Address(mailbox.address, mailbox.name) if mailbox else Address("")


def as_row(address: Address) -> dict[str, str]:
    """Write an address as it is stored."""
    return {"email": address.email, "name": address.name}


def addresses(rows: Sequence[Mapping[str, str]]) -> list[Address]:
    """Read stored addresses."""
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


def note(session: AsyncSession, message: Message, action: str, changes: audit.Changes) -> None:
    """Count the version of a changed letter up and tell its timeline."""
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
