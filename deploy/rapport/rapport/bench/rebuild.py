"""Events per second of analytics' rebuild from the services' event logs."""

import time
from collections import defaultdict
from typing import Any

import orjson

from analytics.commands.rebuild import rebuild
from chassis.database import Database
from chassis.log_sources import in_process
from rapport.bench.figures import Figure
from rapport.bench.sizes import Sizes
from rapport.bench.stage import Servers, Stage
from rapport.bench.stories import tell

COLUMNS = ("event_id", "aggregate_type", "aggregate_id", "aggregate_version", "topic", "envelope")


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """Fill the logs of intake and deals, then rebuild."""
    stage = await servers.stage("rebuild")
    logs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for said in tell(sizes.rebuilt):
        logs[said.service].append(said.row)
    for service, rows in logs.items():
        await write_log(stage, service, rows)
    names = ("analytics", *logs)
    databases = {name: Database(stage.settings.database_of(name), name) for name in names}
    analytics, *sources = databases.values()
    try:
        started = time.perf_counter()
        events = await rebuild(analytics, [in_process(source) for source in sources])
        seconds = time.perf_counter() - started
    finally:
        for database in databases.values():
            await database.close()
    return [Figure("rebuild", events / seconds, "events/s")]


async def write_log(stage: Stage, service: str, rows: list[dict[str, Any]]) -> None:
    """Put events into a service's log as if they had been sent long ago."""
    async with stage.connection(service) as database:
        await database.copy_records_to_table(
            "event_log", records=[record_of(row) for row in rows], columns=COLUMNS
        )
        await database.execute("update event_log set seq = id")
        await database.execute(
            "update relay_state set last_seq = seqs.last, sent_seq = seqs.last"
            "  from (select max(seq) as last from event_log) as seqs"
        )
        await database.execute("analyze event_log")


def record_of(row: dict[str, Any]) -> tuple[Any, ...]:
    """Write a row of the event log as COPY takes it."""
    return (*(row[name] for name in COLUMNS[:-1]), orjson.dumps(row["envelope"]).decode())
