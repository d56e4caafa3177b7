"""Everything that is stored, in every database of the suite, as numbers that can be compared."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, Self

import asyncpg

TABLES: Final = """
    select table_schema || '.' || table_name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')
    order by 1
"""
ROWS: Final = """
    select '{service}.{table}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text
    from {table} t
"""
UNSENT: Final = """
    select (select count(*) from event_log where seq is null)
         + (select coalesce(max(last_seq - sent_seq), 0) from relay_state)
"""
IN_HAND: Final = "select count(*) from import_job where state in ('waiting', 'running')"
SETTLE_SECONDS: Final = 30

Contents = Mapping[str, tuple[int, int]]
"""Rows and a checksum of their contents, by `service.table`."""


class Databases:
    """A connection to the database of each service."""

    def __init__(self, connections: Mapping[str, "asyncpg.Connection[Any]"]) -> None:
        self.connections = connections
        self._queries: dict[str, str] = {}

    @classmethod
    async def open(cls, data: Path, services: list[str], stack: AsyncExitStack) -> Self:
        """Connect to the embedded server of a data folder, as its superuser."""
        lines = (data / "postgres/data/postmaster.pid").read_text().splitlines()
        connections = {}
        for service in services:
            connection = await asyncpg.connect(
                host=lines[4], port=int(lines[3]), user="postgres", database=f"rapport_{service}"
            )
            stack.push_async_callback(connection.close)
            connections[service] = connection
        return cls(connections)

    async def contents(self) -> Contents:
        """Count and add up every row of every table, once every event has been heard."""
        await self.settle()
        found: dict[str, tuple[int, int]] = {}
        for service, connection in self.connections.items():
            if service not in self._queries:
                tables = [row[0] for row in await connection.fetch(TABLES)]
                parts = [ROWS.format(service=service, table=table) for table in tables]
                self._queries[service] = " union all ".join(parts)
            for table, rows, checksum in await connection.fetch(self._queries[service]):
                found[table] = (rows, int(checksum))
        return found

    async def settle(self) -> None:
        """Wait until every import has ended and every event was heard: hearing one may say more."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while await self._waiting():
                await asyncio.sleep(0.02)

    async def _waiting(self) -> int:
        unsent = [await one.fetchval(UNSENT) for one in self.connections.values()]
        in_hand = await self.connections["deals"].fetchval(IN_HAND)
        return int(sum(unsent) + in_hand)


def differences(before: Contents, after: Contents) -> list[str]:
    """Say which tables are no longer as they were."""
    return [
        f"{table}: {before[table][0]} rows before, {after[table][0]} after"
        + (", contents changed" if before[table][0] == after[table][0] else "")
        for table in before
        if before[table] != after[table]
    ]
