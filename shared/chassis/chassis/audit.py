"""The audit: who changed what, when and how, written in the change's own transaction (GAT-016)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import event_log
from contracts.event import REGISTRY
from kernel import clock
from kernel.ids import uuid7

Changes = Mapping[str, tuple[Any, Any]]
"""Old and new value of each changed field."""

SECRET = "***"  # noqa: S105 - what is shown instead of one


def record(
    session: AsyncSession, entity: str, record_id: UUID, action: str, changes: Changes
) -> None:
    """Write one audit entry and tell the others; entries are never changed afterwards."""
    origin = event_log.origin_of(session)
    entry = {
        "id": uuid7(),
        "at": clock.now(),
        "entity": entity,
        "record_id": record_id,
        "action": action,
        "way": origin.way,
        "actor": origin.actor,
        "actor_kind": origin.actor_kind,
        "changes": {field: [old, new] for field, (old, new) in changes.items()},
    }
    event_log.add_entry(session, entry)
    event_log.emit(session, recorded(session.info["told"].service, entry), 1)


def recorded(service: str, entry: dict[str, Any]) -> Any:
    """Build the `<service>.audit.recorded` event of an entry."""
    return REGISTRY[f"{service}.audit.recorded"].model_validate(
        {
            "entry_id": entry["id"],
            "record": {"kind": entry["entity"], "id": entry["record_id"]},
            "action": entry["action"],
            "way": entry["way"],
            "actor": entry["actor"],
            "changes": [
                {"field": field, "old": old, "new": new}
                for field, (old, new) in entry["changes"].items()
            ],
            "at": entry["at"],
        }
    )


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Answer the fields of `after` whose value differs from `before`."""
    return {
        field: (before.get(field), value)
        for field, value in after.items()
        if before.get(field) != value
    }
