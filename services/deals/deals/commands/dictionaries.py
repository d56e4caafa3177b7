"""What all dictionaries share: one change at a time, flags that move, names that are taken once."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from chassis.database import Record
from contracts.event import Event
from deals.commands.changes import appeared, bury, changed_since, revive, say, stamp, values_of
from deals.models import Base
from deals.queries.pipelines import next_position
from kernel.text import fold

Builder = Callable[[Any], Event]


async def lock_table(session: AsyncSession, table: type[Base]) -> None:
    """Let no one else change this dictionary until the commit; reading goes on.

    Names, flags and positions are promises about several rows, and dictionaries change rarely.
    """
    await session.execute(text(f"lock table {table.__tablename__} in share row exclusive mode"))


async def find_free_key(
    session: AsyncSession, table: Any, name: str, *, but: Record | None = None, **where: Any
) -> str | None:
    """Answer the key of a name, whatever its case; nothing if a record other than `but` has it."""
    key = fold(name)
    query = select(table.id).filter_by(name_key=key, deleted_at=None, **where)
    if but is not None:
        query = query.where(table.id != but.id)
    return None if await session.scalar(query.limit(1)) else key


def added(session: AsyncSession, record: Any, event: Builder, fields: Any) -> None:
    """Tell about a new record and audit it."""
    say(session, record, event(record))
    changes = appeared(record, fields)
    audit.record(session, record.__tablename__, record.id, "created", changes)


def edited(session: AsyncSession, record: Any, event: Builder, given: Mapping[str, Any]) -> None:
    """Set the given fields; tell and audit only if one of them is different now."""
    before = values_of(record, [name for name in given if name != "name_key"])
    for name, value in given.items():
        setattr(record, name, value)
    changes = changed_since(before, record)
    if changes:
        stamp(session, record)
        say(session, record, event(record))
        audit.record(session, record.__tablename__, record.id, "changed", changes)


def removed(session: AsyncSession, record: Any, event: Builder) -> None:
    """Remove a record softly, tell and audit it."""
    bury(session, record)
    say(session, record, event(record))
    audit.record(session, record.__tablename__, record.id, "deleted", {"name": (record.name, None)})


def restored(session: AsyncSession, record: Any, event: Builder, **given: Any) -> None:
    """Bring a removed record back, with what has to be different by now; tell and audit it."""
    before = values_of(record, given)
    for name, value in given.items():
        setattr(record, name, value)
    revive(session, record)
    say(session, record, event(record))
    changes = {"name": (None, record.name), **changed_since(before, record)}
    audit.record(session, record.__tablename__, record.id, "restored", changes)


async def place_of(session: AsyncSession, record: Any, **where: Any) -> int:
    """Answer the place a removed record had; if another one has it by now, that after the last."""
    table, living = type(record), {"deleted_at": None, **where}
    taken = select(table.id).filter_by(position=record.position, **living)
    if await session.scalar(taken.limit(1)):
        return await next_position(session, table, **living)
    place: int = record.position
    return place


async def take_flag(
    session: AsyncSession, table: Any, event: Builder, flag: str, **where: Any
) -> None:
    """Clear a flag on whichever record of the scope has it, before another one gets it."""
    query = select(table).filter_by(deleted_at=None, **{flag: True}, **where)
    for holder in await session.scalars(query):
        edited(session, holder, event, {flag: False})
    await session.flush()  # the unique index of the flag is checked row by row
