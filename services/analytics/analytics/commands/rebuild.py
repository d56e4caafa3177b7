"""Makes log and facts anew from the services' event logs while life goes on (ANA-005, A8).

    aside       empty tables in a schema of their own, with the indexes of the live ones
    fill        every page of every source into the log there, without the events that failed here,
                then what only the live log has
    fold        every aggregate's history, streamed in the order of folding
    swap        in one turn: what arrived meanwhile, then the tables change places

Until the swap nobody sees anything of it, and a rebuild that dies leaves nothing but that schema,
which the next one clears away.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.commands.facts import take_turn
from analytics.commands.logging import log_page
from analytics.commands.star import keep_states
from analytics.domain.folding import KINDS, begin, fold
from analytics.domain.folding.logged import Logged, State
from analytics.models.log import LoggedEvent, Progress
from analytics.models.star import STAR
from analytics.queries.log import HISTORIES, as_logged, whole_histories
from chassis.alone import alone
from chassis.database import Database
from chassis.log_sources import EventSource
from chassis.origin import by_system
from kernel.errors import Conflict

ONE_AT_A_TIME: Final = 0x416E_616C_7974_6964  # beside the turn of the batches
FOLD_PAGE: Final = 5000
TABLES: Final = [
    LoggedEvent.__tablename__,
    Progress.__tablename__,
    *(table.__tablename__ for table in STAR),
]

INDEXES = text(
    """
    select replace(indexdef, ' ON public.', ' ON rebuilding.') as definition, tablename, indexname,
           starts_with(indexname, 'pk_') as is_key
      from pg_indexes where schemaname = 'public' and tablename = any(:tables)
    """
)
COLUMNS = ", ".join(
    column.name for column in LoggedEvent.__table__.columns if column.name != "place"
)
CARRY_OVER = text(
    f"""
    insert into rebuilding.logged_event ({COLUMNS})
    select {COLUMNS} from public.logged_event where place > :place order by place
        on conflict do nothing
    returning aggregate_id, topic
    """  # noqa: S608 - names of our own columns
)
LEAVE_OUT_FAILED = text(
    """
    delete from rebuilding.logged_event
     where event_id in (select event_id from public.failed_event where state <> 'replayed')
    """
)
LAST_PLACE = text("select coalesce(max(place), 0) from public.logged_event")
MEASURE = text(
    """
    update rebuilding.progress set data_through = (select max(at) from rebuilding.logged_event)
    """
)


async def rebuild(database: Database, sources: Iterable[EventSource]) -> int:
    """Make log and facts anew; answers how many events the sources had.

    Raises:
        Conflict: another rebuild is under way.
        Unavailable: a source does not answer; nothing has changed.
    """
    taken = Conflict("Another rebuild is under way.", code="rebuild_running")
    async with alone(database, ONE_AT_A_TIME, taken):
        await _set_aside(database)
        events = sum([await _fill(database, source) for source in sources])
        place = await _carry_over(database)
        await _fold_all(database)
        await _swap(database, place)
    return events


@asynccontextmanager
async def _aside(database: Database) -> AsyncIterator[AsyncSession]:
    """Open a transaction in which every table's name means the one set aside."""
    async with database.transaction(by_system("rebuild")) as session:
        await session.execute(text("set local search_path to rebuilding, public"))
        await session.execute(text("set local statement_timeout to 0"))
        yield session


async def _set_aside(database: Database) -> None:
    async with database.transaction(by_system("rebuild")) as session:
        await session.execute(text("drop schema if exists rebuilding cascade"))
        await session.execute(text("create schema rebuilding"))
        for table in TABLES:
            like = f"like public.{table} including all excluding indexes"
            await session.execute(text(f"create table rebuilding.{table} ({like})"))
        for index in (await session.execute(INDEXES, {"tables": TABLES})).all():
            await session.execute(text(index.definition))
            if index.is_key:
                key = f"constraint {index.indexname} primary key using index {index.indexname}"
                await session.execute(text(f"alter table rebuilding.{index.tablename} add {key}"))
        await session.execute(text("insert into rebuilding.progress values (true, null)"))


async def _fill(database: Database, source: EventSource) -> int:
    """Copy one service's log; answers how many events it has."""
    events = after_seq = 0
    while True:
        page = await source(after_seq)
        async with _aside(database) as session:
            found, after_seq = await log_page(session, page)
        if not found:
            return events
        events += found


async def _carry_over(database: Database) -> int:
    """Make the log that of the live side; answers the place up to which that was read.

    Events that could not be applied stay out until somebody replays them.
    """
    async with _aside(database) as session:
        await session.execute(LEAVE_OUT_FAILED)
        place: int = (await session.execute(LAST_PLACE)).scalar_one()
        await session.execute(CARRY_OVER, {"place": 0})
    return place


async def _fold_all(database: Database) -> None:
    async with _aside(database) as session:
        waiting: dict[str, list[State]] = defaultdict(list)
        rows = await session.stream(HISTORIES.execution_options(yield_per=FOLD_PAGE))
        history: list[Row[Any]] = []
        async for page in rows.partitions():
            # the last aggregate of a page may go on in the next one
            *whole, history = _by_aggregate([*history, *page])
            for rows_of_one in whole:
                _fold_into(waiting, *_history(rows_of_one))
            await _keep(session, waiting, at_least=FOLD_PAGE)
        if history:
            _fold_into(waiting, *_history(history))
        await _keep(session, waiting)


def _by_aggregate(rows: Sequence[Row[Any]]) -> Iterator[list[Row[Any]]]:
    return (list(group) for _, group in groupby(rows, key=itemgetter(0)))


def _history(rows: Sequence[Row[Any]]) -> tuple[UUID, list[Logged]]:
    return rows[0][0], [as_logged(row) for row in rows]


def _fold_into(
    waiting: dict[str, list[State]], aggregate_id: UUID, events: Sequence[Logged]
) -> None:
    kind = KINDS[events[0].topic]
    waiting[kind].append(fold(kind, begin(aggregate_id), events))


async def _keep(
    session: AsyncSession, waiting: dict[str, list[State]], *, at_least: int = 1
) -> None:
    for kind, states in waiting.items():
        if len(states) >= at_least:
            await keep_states(session, kind, states)
            states.clear()


async def _swap(database: Database, place: int) -> None:
    """Fold what arrived since `place` and let the new tables take the place of the old ones."""
    async with _aside(database) as session:
        await take_turn(session)
        arrived = await session.execute(CARRY_OVER, {"place": place})
        touched = {row.aggregate_id for row in arrived if row.topic in KINDS}
        waiting: dict[str, list[State]] = defaultdict(list)
        for aggregate_id, events in (await whole_histories(session, touched)).items():
            _fold_into(waiting, aggregate_id, events)
        await _keep(session, waiting)
        await session.execute(MEASURE)
        await session.execute(text("set local lock_timeout to '5s'"))  # a long report may hold on
        for table in TABLES:
            await session.execute(text(f"drop table public.{table}"))
            await session.execute(text(f"alter table rebuilding.{table} set schema public"))
        await session.execute(text("drop schema rebuilding"))
