"""How every command changes a record: stamped, audited, and said once per version."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Final

from pydantic_core import to_jsonable_python
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper

from chassis import audit, event_log
from chassis.database import Record
from chassis.event_log import emit
from contracts.event import Event
from contracts.vocabulary import Changes
from kernel import clock

_STAMPS: Final = {"id", "version", "created_at", "created_by", "updated_at", "updated_by"}
_KEYS: Final = {"sort_key", "search_key", "search_trigrams", "email_key", "name_key", "client_id"}
_DERIVED: Final = _STAMPS | _KEYS | {"deleted_at", "phone_e164", "candidates"}
_SECRET: Final = frozenset({"token"})
_LONGEST: Final = 2000
"""What an entry keeps of a long text: with both values of each field it must fit an event."""


def start(session: AsyncSession, record: Record) -> None:
    """Add a new record, complete with its defaults, and its audit entry."""
    origin = event_log.origin_of(session)
    record.version = 0
    record.created_at = record.updated_at = clock.now()
    record.created_by = record.updated_by = origin.actor
    filled: dict[str, tuple[Any, Any]] = {}
    for name, default in _defaults(inspect(type(record))):
        value = getattr(record, name)
        if value is None and default is not None:
            value = default()
            setattr(record, name, value)
        if value not in (None, [], {}):
            filled[name] = (None, value)
    session.add(record)
    _note(session, record, "created", filled)


@cache
def _defaults(mapper: Mapper[Any]) -> tuple[tuple[str, Callable[[], Any] | None], ...]:
    """Answer each column and what makes its default, which SQLAlchemy sets only in the INSERT."""
    return tuple((name, _maker(column.default)) for name, column in mapper.columns.items())


def _maker(default: Any) -> Callable[[], Any] | None:
    if default is None:
        return None
    return partial(default.arg, None) if default.is_callable else lambda: default.arg


def edit(
    session: AsyncSession, record: Record, values: Mapping[str, Any], action: str = "updated"
) -> Changes:
    """Set the fields that differ; answers what changed, which is nothing for equal values."""
    before = {name: getattr(record, name) for name in values}
    changed = audit.difference(before, values)
    if not changed:
        return {}
    for name, value in values.items():
        setattr(record, name, value)
    record.updated_at = clock.now()
    record.updated_by = event_log.origin_of(session).actor
    _note(session, record, action, changed)
    return _readable(changed)


def remove(session: AsyncSession, record: Record) -> None:
    """Delete a record softly."""
    record.deleted_at = record.updated_at = clock.now()
    record.updated_by = event_log.origin_of(session).actor
    _note(session, record, "deleted", {})


def revive(session: AsyncSession, record: Record) -> None:
    """Take back that a record was deleted."""
    record.deleted_at, record.updated_at = None, clock.now()
    record.updated_by = event_log.origin_of(session).actor
    _note(session, record, "restored", {})


def say(session: AsyncSession, record: Any, event: Event) -> None:
    """Raise the record's version and say the one event that goes with it."""
    record.version += 1
    emit(
        session,
        event,
        record.version,
        department_id=getattr(record, "department_id", None),
        team_id=getattr(record, "team_id", None),
    )


def _note(session: AsyncSession, record: Record, action: str, changed: Changes) -> None:
    entity = inspect(type(record)).local_table.name
    audit.record(session, entity, record.id, action, _readable(changed))


def _readable(changed: Changes) -> Changes:
    return {
        name: (_shown(name, old), _shown(name, new))
        for name, (old, new) in changed.items()
        if name not in _DERIVED
    }


def _shown(name: str, value: Any) -> Any:
    if value is not None and name in _SECRET:
        return audit.SECRET
    if isinstance(value, str) and len(value) > _LONGEST:
        return value[: _LONGEST - 1] + "…"
    return to_jsonable_python(value)
