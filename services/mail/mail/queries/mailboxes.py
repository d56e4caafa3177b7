"""Mailboxes: what a caller may see of them, and which one a user writes from."""

from typing import Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, Ownership, visible
from kernel.errors import NotFound
from mail.models import Account, Mailbox

OWNERSHIP = Ownership(Mailbox.owner_id, Mailbox.co_owner_id, None, Mailbox.department_id)
MANAGE: Final = "mail.mailbox.manage"


def visible_mailboxes(caller: Caller, *, deleted: bool = False) -> Select[Mailbox]:
    """Answer the mailboxes a caller may see; deleted ones are for those who manage them all."""
    if deleted:
        caller.require_everywhere(MANAGE)
        return select(Mailbox).where(Mailbox.deleted_at.is_not(None))
    seen = visible(caller, "mail.mailbox.view", OWNERSHIP)
    return select(Mailbox).where(Mailbox.deleted_at.is_(None), seen)


async def get_mailbox(
    session: AsyncSession,
    mailbox_id: UUID,
    caller: Caller,
    *,
    lock: bool = False,
    deleted: bool = False,
) -> Mailbox:
    """Answer a mailbox the caller may see.

    Raises:
        NotFound: there is none, or the caller may not see it.
        Forbidden: it is about a deleted one, and the caller does not manage them all.
    """
    query = visible_mailboxes(caller, deleted=deleted).where(Mailbox.id == mailbox_id)
    mailbox = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if mailbox is None:
        raise NotFound
    return mailbox


async def find_main_mailbox(session: AsyncSession, owner_id: UUID) -> Mailbox | None:
    """Answer the mailbox a user writes from, unless another one is chosen."""
    query = select(Mailbox).where(
        Mailbox.owner_id == owner_id, Mailbox.main, Mailbox.deleted_at.is_(None)
    )
    mailbox: Mailbox | None = await session.scalar(query)
    return mailbox


async def find_owner_id(session: AsyncSession, mailbox_id: UUID) -> UUID | None:
    """Answer whose a mailbox is, whoever asks."""
    owner_id: UUID | None = await session.scalar(
        select(Mailbox.owner_id).where(Mailbox.id == mailbox_id)
    )
    return owner_id


async def find_account(
    session: AsyncSession, user_id: UUID, *, lock: bool = False
) -> Account | None:
    """Answer the replica of a user."""
    return await session.get(Account, user_id, with_for_update=lock or None)
