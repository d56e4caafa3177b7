"""Runs a proof on one transport and answers its figures."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import aio_pika
from pydantic import SecretStr

from chassis import telemetry
from chassis.database import Database
from chassis.migrate import migrate
from chassis.origin import by_system
from chassis.postgres import Server, embedded, ensure_database
from chassis.settings import role_of
from chassis.testing.ledger.books import MIGRATIONS, open_account
from chassis.testing.ledger.mirror import new_mirror
from chassis.testing.rabbit_node import PrivateNode
from chassis.transport.topology import Names, declare_queue
from rapport.prove import repeats
from rapport.prove.faults import Toll, kill_at_random, maltreat_broker, until
from rapport.prove.settings import ACCOUNTS, ProofSettings
from rapport.prove.verdict import Verdict, events_so_far, judge, settled
from rapport.supervisor import Program, supervise

Transport = Literal["direct", "rabbit"]

HEALING_SECONDS = 90.0
PATIENCE_SECONDS = 300.0
INVALID_MESSAGES = 20
LEAST_EVENTS = 10_000


@dataclass(frozen=True)
class Proof:
    """The outcome of a proof on one transport."""

    transport: Transport
    seconds: float
    toll: Toll
    healed_in: float
    live: Verdict
    repeated: Verdict
    fresh: Verdict

    @property
    def faults(self) -> list[str]:
        """Answer everything that is off, by phase."""
        phases = {"live": self.live, "repeated": self.repeated, "fresh": self.fresh}
        found = [f"{phase}: {name}" for phase, verdict in phases.items() for name in verdict.faults]
        return [name for name in found if name != "fresh: inversions"]


@dataclass
class _Stage:
    """What a proof runs on."""

    settings: ProofSettings
    server: Server
    broker: PrivateNode | None

    def dsn(self, service: str, prefix: str = "live") -> str:
        return self.server.dsn.replace("/postgres?", f"/{prefix}_{service}?")

    def environment(self) -> dict[str, str]:
        known = {"RAPPORT_DATABASE_URL": self.settings.database_url}
        if self.settings.broker_url:
            known["RAPPORT_BROKER_URL"] = self.settings.broker_url.get_secret_value()
        return known


async def prove(transport: Transport, seconds: float) -> Proof:
    """Run writers, relays and consumers for `seconds` while killing them, then judge."""
    telemetry.configure("prove", ProofSettings())
    async with _stage(transport) as stage:
        toll, pids = Toll(), dict[str, int]()
        stop_writers, stop = asyncio.Event(), asyncio.Event()
        writers = asyncio.create_task(
            supervise(
                _programs(stage, ["writer"] * 3),
                stop=stop_writers,
                on_line=_tell,
                pids=pids,
                pause=_at_once,
            )
        )
        movers = ["both"] * 2 if transport == "direct" else ["relay", "consumer"] * 2
        others = asyncio.create_task(
            supervise(_programs(stage, movers), stop=stop, on_line=_tell, pids=pids, pause=_at_once)
        )
        try:
            await _maltreat(stage, seconds, pids, toll)
            invalid = await _send_nonsense(stage)
            stop_writers.set()
            await writers
            healed_in = await _heal(stage)
            live = await judge(stage.dsn("ledger"), stage.dsn("mirror"), invalid=invalid)
            messages = await repeats.everything_twice(stage.dsn("ledger"))
            repeated = await _repeat(stage, messages, invalid)
        finally:
            stop.set()
            stop_writers.set()
            await asyncio.gather(writers, others, return_exceptions=True)
        fresh = await _start_afresh(stage, messages)
    return Proof(transport, seconds, toll, healed_in, live, repeated, fresh)


def _programs(stage: _Stage, roles: Sequence[str]) -> list[Program]:
    argv = [sys.executable, "-m", "rapport.prove.actors"]
    return [
        Program(f"{role}{number}", [*argv, role], stage.environment())
        for number, role in enumerate(roles)
    ]


def _tell(line: str) -> None:
    """Pass on what a process says, apart from its death at our hands."""
    if "exit code" not in line:
        sys.stderr.write(f"{line}\n")


def _at_once(_ran_for: float, _last_pause: float) -> float:
    """Start the killed again without the pause that the crashed get."""
    return 0.0


async def _maltreat(stage: _Stage, seconds: float, pids: dict[str, int], toll: Toll) -> None:
    async with asyncio.TaskGroup() as group:
        killer = group.create_task(kill_at_random(pids, toll))
        if stage.broker:
            group.create_task(maltreat_broker(stage.broker, seconds, toll))
        await asyncio.sleep(seconds)

        async def enough() -> bool:
            return await events_so_far(stage.dsn("ledger")) >= LEAST_EVENTS

        await until(enough, PATIENCE_SECONDS)  # a slow machine takes longer, not fewer
        killer.cancel()


async def _send_nonsense(stage: _Stage) -> int:
    """Send what nobody can read; only a broker takes such things."""
    if stage.settings.broker_url is None:
        return 0
    messages = [("ledger.account.booked", b"nonsense %d" % n) for n in range(INVALID_MESSAGES)]
    await repeats.publish(stage.settings.broker_url, stage.settings.broker_prefix, messages)
    return len(messages)


async def _heal(stage: _Stage) -> float:
    started = time.monotonic()
    ledger, mirror = stage.dsn("ledger"), stage.dsn("mirror")

    async def done() -> bool:
        return await settled(ledger, mirror)

    await until(done, HEALING_SECONDS)
    return time.monotonic() - started


async def _repeat(stage: _Stage, messages: list[tuple[str, bytes]], invalid: int) -> Verdict:
    """Deliver everything twice more to the live mirror and judge it again."""
    if stage.settings.broker_url:
        await repeats.publish(stage.settings.broker_url, stage.settings.broker_prefix, messages)
        await until(lambda: _queue_is_empty(stage), HEALING_SECONDS)
    else:
        await repeats.hear_directly(stage.settings, messages)
    await _heal(stage)
    return await judge(stage.dsn("ledger"), stage.dsn("mirror"), invalid=invalid)


async def _queue_is_empty(stage: _Stage) -> bool:
    if stage.broker is None:
        return True
    lines = await stage.broker.control("-q", "list_queues", "name", "messages")
    counts = dict(line.split("\t") for line in lines.splitlines() if "\t" in line)
    return counts.get(new_mirror().name) == "0"


async def _start_afresh(stage: _Stage, messages: list[tuple[str, bytes]]) -> Verdict:
    """Deliver everything twice, shuffled, to a mirror that knows nothing."""
    await _new_database(stage.server, "mirror", "fresh")
    url = stage.settings.database_url.replace("/live?", "/fresh?")
    settings = stage.settings.model_copy(update={"database_url": url})
    await repeats.hear_directly(settings, messages)
    return await judge(stage.dsn("ledger"), stage.dsn("mirror", "fresh"), invalid=0)


@asynccontextmanager
async def _stage(transport: Transport) -> AsyncIterator[_Stage]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rapport-prove-")))
        folder.chmod(0o711)  # run by root, PostgreSQL is another user
        server = await stack.enter_async_context(embedded(folder / "postgres"))
        broker = None
        if transport == "rabbit":
            broker = await stack.enter_async_context(PrivateNode(folder / "rabbitmq"))
        settings = ProofSettings(
            database_url=server.dsn.replace("/postgres?", "/live?"),
            broker_url=SecretStr(broker.url) if broker else None,
        )
        for service in ("ledger", "mirror"):
            await _new_database(server, service, "live")
        if broker:
            await _declare(broker.url)
        await _open_accounts(settings)
        yield _Stage(settings, server, broker)


async def _new_database(server: Server, service: str, prefix: str) -> None:
    await ensure_database(server.dsn, f"{prefix}_{service}", role=role_of(service))
    url = server.dsn.replace("/postgres?", f"/{prefix}?")
    await migrate(ProofSettings(database_url=url).database_of(service), MIGRATIONS)


async def _declare(url: str) -> None:
    async with await aio_pika.connect(url) as connection:
        await declare_queue(await connection.channel(), Names(), new_mirror())
    # a queue of RabbitMQ 3.10 that is younger than this may lose its leader in a crash
    await asyncio.sleep(3)


async def _open_accounts(settings: ProofSettings) -> None:
    database = Database(settings.database_of("ledger"), "ledger")
    try:
        async with database.transaction(by_system("proof")) as session:
            for number in range(ACCOUNTS):
                await open_account(session, f"Account {number}")
    finally:
        await database.close()
