"""Letters: what a caller may see of them, and which stored one a letter is or answers."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, Ownership, visible
from kernel.errors import NotFound
from mail.models import Body, CrmRecord, Link, Location, Mailbox, Message, RemovedLetter
from mail.queries import records

OWNERSHIP = Ownership(Message.owner_id, Message.co_owner_id, None, Message.department_id)
VIEW: Final = "mail.message.view"
DELETE: Final = "mail.message.delete"


def visible_messages(caller: Caller, *, deleted: bool = False) -> Select[Message]:
    """Answer the letters a caller may see.

    One's own letters and those found in one's own mailboxes always; others only when they belong to
    a record, and then in the scope of the letter or of that record (MAI-010, MAI-083). Of removed
    letters only those the caller may bring back: one's own, or everybody's (GAT-014, MAI-031).
    """
    seen = select(Message).where(or_(_own(caller.user_id), _shared(caller)))
    if deleted:
        return seen.where(Message.deleted_at.is_not(None), visible(caller, DELETE, OWNERSHIP))
    return seen.where(Message.deleted_at.is_(None))


def _own(user_id: UUID) -> ColumnElement[bool]:
    in_my_mailbox = exists().where(
        Location.message_id == Message.id,
        Mailbox.id == Location.mailbox_id,
        or_(Mailbox.owner_id == user_id, Mailbox.co_owner_id == user_id),
    )
    return or_(Message.owner_id == user_id, Message.co_owner_id == user_id, in_my_mailbox)


def _shared(caller: Caller) -> ColumnElement[bool]:
    linked = exists().where(Link.message_id == Message.id)
    of_visible_record = exists().where(
        Link.message_id == Message.id,
        CrmRecord.id == Link.record_id,
        visible(caller, VIEW, records.OWNERSHIP),
    )
    in_scope = and_(linked, visible(caller, VIEW, OWNERSHIP))
    return and_(Message.state != "draft", or_(in_scope, of_visible_record))


async def get_message(
    session: AsyncSession,
    message_id: UUID,
    caller: Caller,
    *,
    lock: bool = False,
    deleted: bool = False,
) -> Message:
    """Answer a letter the caller may see.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    query = visible_messages(caller, deleted=deleted).where(Message.id == message_id)
    message = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if message is None:
        raise NotFound
    return message


def letters_of(caller: Caller, kind: str, record_id: UUID) -> Select[Message]:
    """Answer the letters of a record, drafts excepted (MAI-038, MAI-039)."""
    tied = select(Link.message_id).where(Link.record_id == record_id, Link.kind == kind)
    return visible_messages(caller).where(Message.id.in_(tied), Message.state != "draft")


async def get_body(session: AsyncSession, message_id: UUID) -> Body:
    """Answer the texts of a letter."""
    return (await session.scalars(select(Body).where(Body.message_id == message_id))).one()


async def links_of(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[Link]]:
    """Answer the links of each letter."""
    found: dict[UUID, list[Link]] = {message_id: [] for message_id in ids}
    query = select(Link).where(Link.message_id.in_(ids)).order_by(Link.kind, Link.record_id)
    for link in await session.scalars(query):
        found[link.message_id].append(link)
    return found


async def find_ours(
    session: AsyncSession, rfc_id: str, crm_id: UUID | None, mailbox_id: UUID
) -> Message | None:
    """Answer the letter written here that now lies in the Sent folder of its mailbox."""
    query = select(Message).where(
        Message.direction == "out",
        Message.mailbox_id == mailbox_id,
        Message.rfc_id.is_not(None),
        or_(Message.rfc_id == rfc_id, Message.id == crm_id),
    )
    message: Message | None = await session.scalar(query.limit(1).with_for_update(key_share=True))
    return message


async def find_namesakes(
    session: AsyncSession, rfc_id: str, crm_id: UUID | None
) -> Sequence[Message]:
    """Answer every stored letter that goes by this Message-ID, or that is our own letter `crm_id`.

    Deleted ones, too: they are known and stay deleted.
    """
    query = select(Message).where(or_(_named([rfc_id]), Message.id == crm_id))
    return (await session.scalars(query)).all()


async def was_removed(
    session: AsyncSession, rfc_id: str, crm_id: UUID | None, content: bytes
) -> bool:
    """Answer whether this letter was removed here, and maybe purged since."""
    named = or_(RemovedLetter.rfc_id == rfc_id, RemovedLetter.message_id == crm_id)
    query = select(exists().where(RemovedLetter.digest == content, named))
    return bool(await session.scalar(query))


async def find_answered(session: AsyncSession, rfc_ids: Sequence[str]) -> Message | None:
    """Answer the stored letter that the first possible of these Message-IDs names."""
    if not rfc_ids:
        return None
    place = func.array_position(list(rfc_ids), Message.rfc_id)
    query = select(Message).where(_named(rfc_ids), Message.deleted_at.is_(None))
    message: Message | None = await session.scalar(query.order_by(place.nulls_last()).limit(1))
    return message


def _named(rfc_ids: Sequence[str]) -> ColumnElement[bool]:
    """Answer which letters have one of these Message-IDs, their own or one a server gave them."""
    has_aliases = text("message.aliases <> '{}'")  # as in the index, which is of no use without it
    aliased = and_(has_aliases, Message.aliases.overlap(list(rfc_ids)))
    return or_(Message.rfc_id.in_(rfc_ids), aliased)
