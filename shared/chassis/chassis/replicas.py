"""Copies of other services' records, kept from what their events tell (GAT-021, EVT-004)."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Table
from chassis.subscriptions import Heard

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


async def keep(
    session: AsyncSession,
    heard: Heard[Any],
    table: type[Table],
    told: Mapping[str, Any],
    blank: Mapping[str, Any] = NOTHING,
) -> None:
    """Store what an event told of its record, unless that or something newer is known already.

    `table` has the columns `id` and `version`; `blank` fills the columns of a record that was not
    known yet and of which the event told only a part.
    """
    said = heard.envelope
    row = {**blank, **told, "id": said.aggregate_id, "version": said.aggregateversion}
    await session.execute(_upsert(inspect(table).local_table, tuple(told)), row)


@cache
def _upsert(table: Any, told: tuple[str, ...]) -> Insert:
    """Build the statement once for each set of columns: building costs more than running it."""
    query = insert(table)
    fresh = {name: query.excluded[name] for name in ("version", *told)}
    newer = table.c.version < query.excluded.version
    return query.on_conflict_do_update(index_elements=["id"], set_=fresh, where=newer)
