"""Ties letters to records: by ticket, by thread, and again when records follow each other."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Select, false, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from chassis.event_log import emit
from mail import events
from mail.models import CrmRecord, Link, Message
from mail.queries.messages import links_of

Target = tuple[str, UUID]
"""The kind and id of a record."""

TOLD_STATES: Final = ("received", "sent")
"""A letter in any other state tells its links when it is sent."""


def targets_of(record: CrmRecord) -> list[Target]:
    """Answer the record itself and who it is about (MAI-017)."""
    about = (
        ("contact", record.contact_id),
        ("lead", record.lead_id),
        ("company", record.company_id),
    )
    return [(record.kind, record.id), *((kind, found) for kind, found in about if found)]


def letters_with(ticket: str | None, record_id: UUID | None) -> Select[Message]:
    """Answer the letters that carry a ticket or are tied to a record."""
    tied = Message.id.in_(select(Link.message_id).where(Link.record_id == record_id))
    marked = Message.ticket == ticket if ticket else false()
    return select(Message).where(or_(marked, tied), Message.deleted_at.is_(None))


async def link_message(
    session: AsyncSession, message: Message, targets: Iterable[Target], way: str
) -> bool:
    """Tie one letter to records and say so; answers whether anything was new."""
    rows = [
        {"message_id": message.id, "record_id": record_id, "kind": kind, "way": way}
        for kind, record_id in dict.fromkeys(targets)
    ]
    statement = insert(Link).values(rows).on_conflict_do_nothing().returning(Link.record_id)
    new = set(await session.scalars(statement)) if rows else set()
    if not new:
        return False
    links = (await links_of(session, [message.id]))[message.id]
    added = [f"{link.kind}/{link.record_id}" for link in links if link.record_id in new]
    message.version += 1
    if message.state in TOLD_STATES:
        emit(
            session,
            events.email_linked(message, links, way),
            message.version,
            department_id=message.department_id,
        )
    audit.record(session, "email", message.id, "linked", {"links": (None, sorted(added))})
    return True


async def link_letters(
    session: AsyncSession,
    letters: Select[Message],
    targets: Sequence[Target],
    way: str,
) -> None:
    """Tie letters, the oldest first, to records they follow (MAI-021, MAI-043)."""
    query = letters.order_by(Message.id).with_for_update(key_share=True)
    for message in (await session.scalars(query)).all():
        await link_message(session, message, targets, way)
