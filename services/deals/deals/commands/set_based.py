"""What set-based writers share: rows brought in by COPY, and events said by SQL.

Thousands of events about thousands of rows are written by one statement each, in the same
transaction as the rows and with the same envelopes as `chassis.event_log` would make.
"""

from collections.abc import AsyncIterable, Iterable, Sequence
from typing import Any

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.event_log import origin_of, shared_members
from contracts.event import Event

Records = Iterable[Sequence[Any]] | AsyncIterable[Sequence[Any]]


async def copy_into(
    session: AsyncSession, table: str, columns: Sequence[str], records: Records
) -> None:
    """Bring rows into a table by COPY, in the session's transaction."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    try:
        await driver.copy_records_to_table(table, columns=list(columns), records=records)
    except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
        raise ConnectionError("the database went away during COPY") from error


async def say_all(
    session: AsyncSession, event: type[Event], rows: str, parameters: dict[str, Any] | None = None
) -> None:
    """Say one event per row of a SELECT.

    Args:
        session: the transaction.
        event: what is said.
        rows: a SELECT with the columns id, version, data (jsonb) and department_id.
        parameters: of that SELECT.
    """
    statement = f"""
        insert into event_log
            (event_id, aggregate_type, aggregate_id, aggregate_version, topic, envelope)
        select event_id, :entity, id, version, :topic,
            cast(:common as jsonb) || jsonb_build_object(
                'id', event_id,
                'subject', cast(:entity as text) || '/' || id,
                'aggregateversion', version,
                'data', data
            ) || case when department_id is null then '{{}}'::jsonb
                else jsonb_build_object('departmentid', department_id) end
        from (select uuidv7() as event_id, said.* from ({rows}) as said) as numbered
    """  # noqa: S608 - the SELECT is written in this service, never by a caller
    values = {
        "entity": event.entity,
        "topic": event.topic,
        "common": orjson.dumps(shared_members("deals", origin_of(session), event)).decode(),
        **(parameters or {}),
    }
    await session.execute(text(statement), values)
