"""Reads the log back."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CollectionAggregate, Row, Select, Text, Uuid, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.folding import KINDS
from analytics.domain.folding.logged import Logged
from analytics.models.log import LoggedEvent, Progress


def any_of(ids: Iterable[UUID]) -> CollectionAggregate[Any]:
    """Make the right side of a comparison with any of these ids, as one parameter."""
    return any_(literal(list(ids), ARRAY(Uuid())))


def histories() -> Select[Any]:
    """Select the events that make facts, aggregate by aggregate, in the order of folding."""
    log = LoggedEvent
    return (
        select(
            log.aggregate_id,
            log.event_id,
            log.topic,
            log.version,
            log.at,
            log.department_id,
            log.team_id,
            log.data,
        )
        .where(log.topic == any_(literal(list(KINDS), ARRAY(Text()))))
        .order_by(log.aggregate_id, log.version, log.event_id)
    )


async def whole_histories(
    session: AsyncSession, aggregate_ids: Iterable[UUID]
) -> dict[UUID, list[Logged]]:
    """Answer all that the log has of these aggregates, each in the order of folding."""
    query = histories().where(LoggedEvent.aggregate_id == any_of(aggregate_ids))
    found: dict[UUID, list[Logged]] = defaultdict(list)
    for row in await session.execute(query):
        found[row.aggregate_id].append(as_logged(row))
    return found


def as_logged(row: Row[Any]) -> Logged:
    """Read a row of `histories`."""
    return Logged(
        event_id=row.event_id,
        topic=row.topic,
        version=row.version,
        at=row.at,
        department_id=str(row.department_id) if row.department_id else None,
        team_id=str(row.team_id) if row.team_id else None,
        data=row.data,
    )


async def get_data_through(session: AsyncSession) -> datetime | None:
    """Answer the time of the last event applied (ANA-006)."""
    return await session.scalar(select(Progress.data_through))
