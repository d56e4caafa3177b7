"""What one transaction wrote, as statements that write the like again.

A row remembers the transaction that made it (`xmin`) and the place of its statement therein
(`cmin`), so the rows of one submission are found in all tables without knowing any of them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from kernel.ids import uuid7

COLUMNS = """
select table_name, array_agg(quote_ident(column_name) order by ordinal_position) as columns
  from information_schema.columns join pg_tables on tablename = table_name
 where table_schema = 'public' and schemaname = 'public'
   and is_generated = 'NEVER' and identity_generation is distinct from 'ALWAYS'
 group by table_name
"""

Fresh = Mapping[str, str]
"""New values by those that one transaction wrote, as text."""


@dataclass(frozen=True)
class Insert:
    """A prepared statement and the rows it wrote; texts are cut at the values that change."""

    sql: str
    rows: list[list[Any]]

    def like(self, fresh: Fresh) -> list[list[Any]]:
        """Answer the rows with new values."""
        return [[_like(value, fresh) for value in row] for row in self.rows]


@dataclass(frozen=True)
class Text:
    """A text, cut so that every second part is one that changes."""

    parts: list[str]


async def find_written(
    database: asyncpg.Connection, transaction: str, changing: Iterable[str]
) -> tuple[list[Insert], list[UUID]]:
    """Answer the inserts of a transaction, in their order, and the ids it made.

    `changing` are texts that were this transaction's alone, beside the ids.
    """
    found: list[tuple[int, str, list[Any]]] = []
    for table, columns in await database.fetch(COLUMNS):
        query = f"select cmin::text::int as place, {', '.join(columns)} from {table}"  # noqa: S608
        rows = await database.fetch(f"{query} where xmin::text = $1", transaction)
        if rows:
            names, slots = ", ".join(columns), ", ".join(f"${n + 1}" for n in range(len(columns)))
            sql = f"insert into {table} ({names}) values ({slots})"  # noqa: S608 - found names
            place = min(row["place"] for row in rows)
            found.append((place, sql, [list(row.values())[1:] for row in rows]))
    found.sort(key=lambda insert: insert[0])
    ids = {value for *_, rows in found for row in rows for value in row if _is_new(value)}
    cut = re.compile("|".join(map(re.escape, [*map(str, ids), *changing])))
    inserts = [
        Insert(sql, [[_cut(value, cut) for value in row] for row in rows]) for _, sql, rows in found
    ]
    return inserts, list(ids)


def new_ids(ids: Iterable[UUID]) -> dict[str, str]:
    """Answer a new id for each."""
    return {str(old): str(uuid7()) for old in ids}


def _is_new(value: Any) -> bool:
    """Tell an id that was made for this row from one that a name gave (see `natural_id`)."""
    return isinstance(value, UUID) and value.version == 7  # noqa: PLR2004 - UUIDv7


def _cut(value: Any, cut: re.Pattern[str]) -> Any:
    if isinstance(value, UUID):
        return Text(["", str(value), ""]) if _is_new(value) else value
    if isinstance(value, list):
        return [_cut(item, cut) for item in value]
    if not isinstance(value, str) or not cut.search(value):
        return value
    return Text(re.split(f"({cut.pattern})", value))


def _like(value: Any, fresh: Fresh) -> Any:
    if isinstance(value, Text):
        return "".join([fresh.get(part, part) for part in value.parts])
    if isinstance(value, list):
        return [_like(item, fresh) for item in value]
    return value
