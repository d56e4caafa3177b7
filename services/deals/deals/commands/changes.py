"""What every change does: stamp the record, note old and new values, say the event."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.audit import difference
from chassis.database import Record
from chassis.event_log import emit, origin_of
from contracts.event import Event
from kernel import clock
from kernel.ids import uuid7
from kernel.money import Money

MONEY = ("amount", "total")
"""Columns that are money together with the record's currency."""

LONGEST = 2000
"""How much of a text is told and audited: old and new of several must fit into one event."""

RecordT = TypeVar("RecordT", bound=Record)


def new(
    session: AsyncSession, table: Callable[..., RecordT], *, id_: UUID | None = None, **values: Any
) -> RecordT:
    """Make a record that the session's actor creates now; its first event makes it version 1."""
    actor, now = origin_of(session).actor, clock.now()
    record = table(
        id=id_ or uuid7(),
        version=0,
        created_at=now,
        created_by=actor,
        updated_at=now,
        updated_by=actor,
        **values,
    )
    session.add(record)
    return record


def stamp(session: AsyncSession, record: Record) -> None:
    """Remember that the session's actor changed the record now (DEA-033)."""
    record.updated_at, record.updated_by = clock.now(), origin_of(session).actor


def bury(session: AsyncSession, record: Record) -> None:
    """Remove a record softly."""
    record.deleted_at = clock.now()
    stamp(session, record)


def revive(session: AsyncSession, record: Record) -> None:
    """Bring a record back that was removed softly."""
    record.deleted_at = None
    stamp(session, record)


def say(session: AsyncSession, record: Record, event: Event) -> None:
    """Say an event about the record, which thereby reaches its next version."""
    record.version += 1
    emit(
        session,
        event,
        record.version,
        department_id=getattr(record, "department_id", None),
        team_id=getattr(record, "team_id", None),
    )


def values_of(record: Any, fields: Iterable[str]) -> dict[str, Any]:
    """Answer fields of a record as JSON values, an amount together with its currency."""
    return {field: _json(record, field) for field in fields}


def _json(record: Any, field: str) -> Any:
    value = getattr(record, field)
    if field in MONEY:
        money = Money(amount=value, currency=record.currency)
        return money.model_dump(mode="json")
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, UUID | date | datetime):
        return str(value) if isinstance(value, UUID) else value.isoformat()
    return value


def changed_since(before: Mapping[str, Any], record: Any) -> dict[str, tuple[Any, Any]]:
    """Answer the fields whose JSON value is not what it was in `before`, with both values."""
    changes = difference(before, values_of(record, before))
    return {field: (_short(old), _short(new_)) for field, (old, new_) in changes.items()}


def appeared(record: Any, fields: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """Answer the fields a new record has, for its audit entry."""
    return {
        field: (None, _short(value))
        for field, value in values_of(record, fields).items()
        if value is not None
    }


def disappeared(record: Any, fields: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """Answer the fields a removed record had, for its audit entry."""
    return {field: (old, None) for field, (_, old) in appeared(record, fields).items()}


def _short(value: Any) -> Any:
    is_long = isinstance(value, str) and len(value) > LONGEST
    return f"{value[: LONGEST - 1]}…" if is_long else value
