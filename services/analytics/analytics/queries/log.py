"""Reads the log back."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Row,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    literal,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.folding import KINDS
from analytics.domain.folding.logged import Logged
from analytics.models.log import LoggedEvent as Log

HISTORIES: Final = (
    select(
        Log.aggregate_id,
        Log.event_id,
        Log.topic,
        Log.version,
        Log.at,
        cast(Log.department_id, Text),
        cast(Log.team_id, Text),
        Log.data,
    )
    .where(Log.topic == any_(literal(list(KINDS), ARRAY(Text()))))
    .order_by(Log.aggregate_id, Log.version, Log.event_id)
)
"""The events that make facts, aggregate by aggregate, in the order of folding."""

IDS: Final = bindparam("ids", type_=ARRAY(Uuid()))
"""So many ids as one parameter, so that the statement is the same for any number."""

HISTORIES_OF: Final = HISTORIES.where(Log.aggregate_id == any_(IDS))


async def whole_histories(
    session: AsyncSession, aggregate_ids: Iterable[UUID]
) -> dict[UUID, list[Logged]]:
    """Answer all that the log has of these aggregates, each in the order of folding."""
    found: dict[UUID, list[Logged]] = defaultdict(list)
    for row in await session.execute(HISTORIES_OF, {"ids": list(aggregate_ids)}):
        found[row[0]].append(as_logged(row))
    return found


def as_logged(row: Row[Any]) -> Logged:
    """Read a row of histories."""
    return Logged._make(row[1:])
