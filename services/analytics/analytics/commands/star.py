"""Writes folded states into the tables of the star schema, one statement per kind."""

from collections.abc import Sequence
from typing import Final, cast

import orjson
from sqlalchemy import Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.folding.logged import State
from analytics.models.star import FOLDED

DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped

STATES: Final = """
    with told as (select state from jsonb_array_elements(cast(:states as jsonb)) as state)
"""
STAYS: Final = """
    deals as (
        select cast(state ->> 'id' as uuid) as deal_id, coalesce(state -> 'stays', '[]') as stays
          from told
    ),
    gone as (
        delete from fact_stage_stay as old using deals
         where old.deal_id = deals.deal_id and old.place > jsonb_array_length(stays)
    )
    insert into fact_stage_stay (deal_id, place, stage_id, entered_at, left_at)
    select deal_id, place, cast(stay ->> 'stage_id' as uuid),
           cast(stay ->> 'entered_at' as timestamptz), cast(stay ->> 'left_at' as timestamptz)
      from deals cross join lateral jsonb_array_elements(stays) with ordinality as one (stay, place)
    except
    select deal_id, place, stage_id, entered_at, left_at
      from fact_stage_stay where deal_id in (select deal_id from deals)
        on conflict (deal_id, place) do update
       set stage_id = excluded.stage_id, entered_at = excluded.entered_at,
           left_at = excluded.left_at
"""


async def keep_states(session: AsyncSession, kind: str, states: Sequence[State]) -> None:
    """Make the rows of these aggregates say what their states say."""
    await session.execute(KEEP[kind], {"states": orjson.dumps(states).decode()})


def _keep(kind: str) -> TextClause:
    table = cast(Table, FOLDED[kind].__table__)
    columns = [column for column in table.columns if column.name != "folded"]
    names = ", ".join(column.name for column in columns)
    types = ", ".join(f"{column.name} {column.type.compile(DIALECT)}" for column in columns)
    news = ", ".join(
        f"{column.name} = excluded.{column.name}"
        for column in table.columns
        if not column.primary_key
    )
    upsert = f"""
        insert into {table.name} (folded, {names})
        select state, {names} from told
         cross join lateral jsonb_to_record(state) as fields ({types})
            on conflict (id) do update set {news}
    """  # noqa: S608 - names of our own tables and columns
    if kind == "deal":
        return text(f"{STATES}, kept as ({upsert}), {STAYS}")
    return text(f"{STATES} {upsert}")


KEEP: Final = {kind: _keep(kind) for kind in FOLDED}
