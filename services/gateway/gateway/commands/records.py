"""How every record of the gateway changes: one at a time, with its version and its editor."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from chassis.event_log import origin_of
from gateway.models.department import Department
from gateway.models.setup import RightsState
from gateway.models.team import Team
from gateway.models.user import User
from kernel import clock
from kernel.errors import Invalid, Stale, all_invalid

SECRETS = {"password_hash": "password"}
DERIVED = frozenset({"name_key", "name_trigrams", "email_key"})

Changed = dict[str, Any]
Changes = Mapping[str, tuple[Any, Any]]
AnyRecord = User | Department | Team


async def change_rights(session: AsyncSession) -> None:
    """Announce that rights change, and wait until nobody else is changing them.

    Call it first in every command about users, departments and teams: what it checks afterwards
    (names, references, the last administrator) stays true until the commit.
    """
    await session.execute(update(RightsState).values(version=RightsState.version + 1))


def stamp(session: AsyncSession) -> Changed:
    """Answer the values of a record's own columns at its first version."""
    actor, now = origin_of(session).actor, clock.now()
    return {
        "version": 1,
        "created_at": now,
        "created_by": actor,
        "updated_at": now,
        "updated_by": actor,
    }


def raise_version(session: AsyncSession, record: AnyRecord) -> None:
    """Note on a record who changes it now."""
    record.version += 1
    record.updated_at = clock.now()
    record.updated_by = origin_of(session).actor


def apply(record: AnyRecord, values: Changed) -> dict[str, tuple[Any, Any]]:
    """Set the fields that differ; answers their old and new values."""
    changes = {
        field: (getattr(record, field), value)
        for field, value in values.items()
        if getattr(record, field) != value
    }
    for field, (_, value) in changes.items():
        setattr(record, field, value)
    return changes


def expect(record: AnyRecord, version: int | None) -> None:
    """Refuse a change that was made against an older version; none is any."""
    if version is not None and record.version != version:
        raise Stale(f"The record is at version {record.version} now.", version=record.version)


def refuse(*wrong: Invalid | None) -> None:
    """Raise one problem that names every wrong field; none of them is fine.

    Raises:
        Invalid: a field is wrong.
    """
    errors = [error for each in wrong if each is not None for error in each.errors]
    if errors:
        raise all_invalid(errors)


def record_change(session: AsyncSession, record: AnyRecord, action: str, changes: Changes) -> None:
    """Write the audit entry of a change, without secrets and derived columns."""
    entity = type(record).__name__.lower()
    audit.record(session, entity, record.id, action, _shown(changes))


def _shown(changes: Changes) -> Changes:
    shown = {
        field: (_plain(old), _plain(new))
        for field, (old, new) in changes.items()
        if field not in DERIVED and field not in SECRETS
    }
    hidden = {SECRETS[field]: (audit.SECRET, audit.SECRET) for field in changes if field in SECRETS}
    return shown | hidden


def _plain(value: Any) -> Any:
    return f"{value:f}" if isinstance(value, Decimal) else value
