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
from analytics.models.log import LoggedEvent

IDS: Final = bindparam("ids", type_=ARRAY(Uuid()))
"""So many ids as one parameter, so that the statement is the same for any number."""

LOG: Final = LoggedEvent.__table__.c
HISTORIES: Final = (
    select(
        LOG.aggregate_id,
        LOG.event_id,
        LOG.topic,
        LOG.version,
        LOG.at,
        cast(LOG.department_id, Text),
        cast(LOG.team_id, Text),
        LOG.data,
    )
    .where(LOG.topic == any_(literal(list(KINDS), ARRAY(Text()))))
    .order_by(LOG.aggregate_id, LOG.version, LOG.event_id)
)
"""The aggregate and what `Logged` has, of events that make facts, in the order of folding."""

HISTORIES_OF: Final = HISTORIES.where(LOG.aggregate_id == any_(IDS))


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
