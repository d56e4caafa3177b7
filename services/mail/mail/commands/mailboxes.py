"""Changes of mailboxes (MAI-001, MAI-002, MAI-004)."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit, event_log
from chassis.auth import Caller
from kernel import clock
from kernel.errors import invalid
from kernel.ids import uuid7
from mail.commands.versions import expect
from mail.domain import mailbox as rules
from mail.domain.sealing import seal
from mail.models import Account, Mailbox
from mail.queries.mailboxes import MANAGE, find_account, find_owner_id, get_mailbox

AUDITED: Final = (
    *("name", "address", "owner_id", "co_owner_id", "smtp_host", "smtp_port", "smtp_security"),
    *("imap_host", "imap_port", "imap_security", "user", "main", "mailings", "sync", "intake"),
    "daily_limit",
)
TOLD_THE_SECRET: Final = ("smtp_host", "smtp_port", "imap_host", "imap_port", "user")


async def add_mailbox(
    session: AsyncSession, fields: dict[str, Any], secret: str | None, key: bytes
) -> Mailbox:
    """Add a mailbox; `fields` are its columns, `secret` is sealed with `key`."""
    rules.check(fields)
    owner = await _active_user(session, "owner_id", fields["owner_id"], lock=fields["main"])
    if fields["co_owner_id"]:
        await _active_user(session, "co_owner_id", fields["co_owner_id"])
    actor = event_log.origin_of(session).actor
    mailbox_id = uuid7()
    mailbox = Mailbox(
        **fields,
        id=mailbox_id,
        version=1,
        created_by=actor,
        updated_by=actor,
        department_id=_department(owner),
        secret=seal(key, mailbox_id, secret) if secret else None,
        next_due=clock.now(),
    )
    if mailbox.main:
        await _clear_main(session, mailbox.owner_id, mailbox_id)
    session.add(mailbox)
    changes = audit.difference({}, _audited(mailbox))
    if secret:
        changes["secret"] = (None, audit.SECRET)
    audit.record(session, "mailbox", mailbox.id, "created", changes)
    return mailbox


async def change_mailbox(
    session: AsyncSession,
    mailbox_id: UUID,
    given: dict[str, Any],
    caller: Caller,
    expected: int | None,
) -> Mailbox:
    """Change the given columns of a mailbox.

    Another server or user is told no secret that was entered for the one before: it must be given
    anew, by somebody with the right to change secrets (MAI-002).
    """
    if "main" in given or "owner_id" in given:  # the owner is locked before any mailbox
        owner_id = given.get("owner_id") or await find_owner_id(session, mailbox_id)
        if owner_id:
            await find_account(session, owner_id, lock=True)
    mailbox = await _locked(session, mailbox_id, caller, MANAGE, expected)
    before = _audited(mailbox)
    rules.check({**{column: getattr(mailbox, column) for column in AUDITED}, **given})
    if "owner_id" in given:
        owner = await _active_user(session, "owner_id", given["owner_id"])
        given["department_id"] = _department(owner)
    if given.get("co_owner_id"):
        await _active_user(session, "co_owner_id", given["co_owner_id"])
    if given.get("main", "owner_id" in given and mailbox.main):
        await _clear_main(session, given.get("owner_id", mailbox.owner_id), mailbox_id)
    moved = any(given.get(column, before[column]) != before[column] for column in TOLD_THE_SECRET)
    for column, value in given.items():
        setattr(mailbox, column, value)
    changes = audit.difference(before, _audited(mailbox))
    if moved and mailbox.secret:
        mailbox.secret = None
        changes["secret"] = (audit.SECRET, None)
    _note(session, mailbox, "changed", changes)
    return mailbox


async def change_secret(
    session: AsyncSession,
    mailbox_id: UUID,
    secret: str | None,
    kind: str,
    caller: Caller,
    *,
    key: bytes,
    expected: int | None,
) -> Mailbox:
    """Give a mailbox another password or token; the next pass uses it at once."""
    mailbox = await _locked(session, mailbox_id, caller, "mail.mailbox.change_secret", expected)
    old = audit.SECRET if mailbox.secret else None
    mailbox.secret = seal(key, mailbox.id, secret) if secret else None
    mailbox.secret_kind = kind
    mailbox.next_due = clock.now()
    new = audit.SECRET if secret else None
    _note(session, mailbox, "secret_changed", {"secret": (old, new)})
    return mailbox


async def remove_mailbox(
    session: AsyncSession, mailbox_id: UUID, caller: Caller, expected: int | None
) -> None:
    """Remove a mailbox; its letters stay."""
    mailbox = await _locked(session, mailbox_id, caller, MANAGE, expected)
    mailbox.deleted_at = clock.now()
    _note(session, mailbox, "deleted", {})


async def restore_mailbox(
    session: AsyncSession, mailbox_id: UUID, caller: Caller, expected: int | None
) -> Mailbox:
    """Bring a removed mailbox back; it is not the main one if there is another by now."""
    mailbox = await _locked(session, mailbox_id, caller, MANAGE, expected, deleted=True)
    mailbox.deleted_at = None
    mailbox.main = False
    _note(session, mailbox, "restored", {})
    return mailbox


async def sync_soon(
    session: AsyncSession, mailbox_id: UUID, caller: Caller, expected: int | None
) -> Mailbox:
    """Let the mailbox be read at once instead of at its time."""
    mailbox = await _locked(session, mailbox_id, caller, "mail.mailbox.use", expected)
    if not mailbox.sync:
        raise invalid("sync", "is off for this mailbox", "sync_off")
    mailbox.next_due = clock.now()
    return mailbox


async def _locked(
    session: AsyncSession,
    mailbox_id: UUID,
    caller: Caller,
    right: str,
    expected: int | None,
    *,
    deleted: bool = False,
) -> Mailbox:
    mailbox = await get_mailbox(session, mailbox_id, caller, lock=True, deleted=deleted)
    caller.require(right, mailbox)
    expect(mailbox, expected)
    return mailbox


def _note(session: AsyncSession, mailbox: Mailbox, action: str, changes: audit.Changes) -> None:
    mailbox.version += 1
    mailbox.updated_at = clock.now()
    mailbox.updated_by = event_log.origin_of(session).actor
    audit.record(session, "mailbox", mailbox.id, action, changes)


async def _clear_main(session: AsyncSession, owner_id: UUID, mailbox_id: UUID) -> None:
    """Take the mark off the owner's other mailboxes; the owner's row is locked by the caller."""
    others = select(Mailbox).where(
        Mailbox.owner_id == owner_id,
        Mailbox.main,
        Mailbox.deleted_at.is_(None),
        Mailbox.id != mailbox_id,
    )
    for other in (await session.scalars(others.with_for_update(key_share=True))).all():
        other.main = False
        _note(session, other, "changed", {"main": (True, False)})
    await session.flush()


async def _active_user(
    session: AsyncSession, field: str, user_id: UUID, *, lock: bool = False
) -> Account:
    account = await find_account(session, user_id, lock=lock)
    if account is None or not account.active:
        raise invalid(field, "is not an active user", "user_unknown")
    return account


def _department(account: Account) -> UUID | None:
    return next(iter(account.department_ids), None)


def _audited(mailbox: Mailbox) -> dict[str, Any]:
    values = {column: getattr(mailbox, column) for column in AUDITED}
    return {
        column: str(value) if isinstance(value, UUID) else value for column, value in values.items()
    }
