"""Keeps in mind to which department and team the records of other services belong (GAT-021)."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.event import Envelope
from gateway.models.known_record import KnownRecord

_TABLE: Any = inspect(KnownRecord).local_table
_NEW = insert(_TABLE)
_TOLD = {column.name: _NEW.excluded[column.name] for column in _TABLE.columns}
KEEP = _NEW.on_conflict_do_update(
    index_elements=["id"], set_=_TOLD, where=_TABLE.c.version < _NEW.excluded.version
)


async def keep_records(session: AsyncSession, envelopes: Sequence[Envelope]) -> None:
    """Store what the events told of their records, unless something newer is known (EVT-004)."""
    rows = [_row(envelope) for envelope in envelopes]
    # by id, so that two batches never wait for each other
    await session.execute(KEEP, sorted(rows, key=itemgetter("id", "version")))


def _row(envelope: Envelope) -> dict[str, Any]:
    data = envelope.data
    return {
        "id": envelope.aggregate_id,
        "version": envelope.aggregateversion,
        "kind": envelope.entity,
        "department_id": envelope.departmentid,
        "team_id": envelope.teamid,
        "active": data.get("active", True),
        "deleted": data.get("deleted", envelope.topic.endswith(".deleted")),
    }
