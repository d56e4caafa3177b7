"""Verbs for whoever runs the suite: rebuild reports, refill replicas, look after failed events."""

import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID

from analytics.commands.rebuild import rebuild
from chassis import failed_events
from chassis.database import Database
from chassis.log_sources import in_process
from chassis.origin import by_system
from chassis.postgres import joined
from chassis.refill import Refilled, owners_of, refill
from chassis.settings import ChassisSettings
from rapport.errors import UsageProblem
from rapport.services import SERVICES

SILENT = "analytics"
"""The service that says nothing, so that its own log is no source."""


async def rebuild_reports(data: Path) -> None:
    """Make analytics' log and facts anew from the event logs of all services."""
    async with _databases(data) as databases:
        sources = [in_process(database) for name, database in databases.items() if name != SILENT]
        started = time.perf_counter()
        events = await rebuild(databases[SILENT], sources)
        seconds = time.perf_counter() - started
    sys.stdout.write(f"{events} events in {seconds:.1f} s ({events / seconds:.0f} a second)\n")


async def refill_replicas(name: str, data: Path) -> None:
    """Fill the copies that a service keeps of others' records anew, from the owners' event logs.

    Raises:
        UsageProblem: the service keeps no such copies, or some could not be filled.
    """
    if name not in SERVICES:
        raise UsageProblem(f"there is no service {name}; there are {', '.join(SERVICES)}")
    service = SERVICES[name]
    keeping = [
        each for each in service.create_worker(service.settings()).subscriptions if each.replicas
    ]
    if not keeping:
        raise UsageProblem(f"{name} keeps no copies of others' records (see rebuild)")
    async with _databases(data) as databases:
        for subscription in keeping:
            sources = {owner: in_process(databases[owner]) for owner in owners_of(subscription)}
            _tell(await refill(databases[name], subscription, sources))


def _tell(done: Refilled) -> None:
    """Print what a refill did, and end with a failure if something is left to do."""
    for owner, log in done.logs.items():
        sys.stdout.write(f"{owner}: {log.read} events read, {log.applied} applied\n")
    sys.stdout.write(f"records put right: {done.records}\n")
    for failed in done.failed:
        sys.stdout.write(
            f"{failed.topic} {failed.event_id} failed, {failed.record_id} is left as it was:"
            f" {failed.error.splitlines()[0][:120]}\n"
        )
    for record_id in done.ahead:
        sys.stdout.write(f"{record_id} is newer here than in its owner's log\n")
    left = len(done.failed) + len(done.ahead)
    if left:
        raise UsageProblem(f"{left} of these need a look")


async def list_failed(data: Path, state: str | None) -> None:
    """Print the failed events of every service, newest first."""
    async with _databases(data) as databases:
        for database in databases.values():
            async with database.reading() as session:
                for row in await failed_events.listing(session, state):
                    sys.stdout.write(
                        f"{row.id}  {row.state:<8}  {row.subscription}  {row.topic or '-'}"
                        f"  tried {row.attempts} x  {row.error.splitlines()[0][:120]}\n"
                    )


async def settle_failed(data: Path, failed_id: UUID, *, drop: bool) -> None:
    """Replay or drop one failed event, whichever service it failed in."""
    decide = failed_events.drop if drop else failed_events.replay
    async with _databases(data) as databases:
        for database in databases.values():
            async with database.reading() as session:
                known = {row.id for row in await failed_events.listing(session, None, limit=10_000)}
            if failed_id in known:
                async with database.transaction(by_system("operator")) as session:
                    await decide(session, failed_id)
                return
    raise UsageProblem(f"there is no failed event {failed_id}")


@asynccontextmanager
async def _databases(data: Path) -> AsyncIterator[dict[str, Database]]:
    """Open every service's database: the server of the settings, else the embedded one."""
    async with AsyncExitStack() as stack:
        settings = ChassisSettings()
        if "database_url" not in settings.model_fields_set:
            dsn = await stack.enter_async_context(joined(data.resolve() / "postgres"))
            url = dsn.replace("/postgres?", "/rapport?")
            settings = settings.model_copy(update={"database_url": url})
        databases = {}
        for name in SERVICES:
            databases[name] = Database(settings.database_of(name), name, pool=4)
            stack.push_async_callback(databases[name].close)
        yield databases
