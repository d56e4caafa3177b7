"""What measurements run on: PostgreSQL and RabbitMQ of their own, in a folder that goes away."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aio_pika
import asyncpg
from pydantic import SecretStr

from chassis.postgres import Server, embedded
from chassis.settings import ChassisSettings
from chassis.testing.rabbit_node import PrivateNode
from chassis.transport.topology import Names
from rapport.prepare import prepare
from rapport.services import SERVICES

SETTLE_SECONDS = 90
LOOK_SECONDS = 0.05

IS_SENT = """
select sent_seq = last_seq and not exists (select from event_log where seq is null)
  from relay_state
"""


@dataclass(frozen=True)
class Servers:
    """A PostgreSQL and a RabbitMQ, and a folder for what else there is."""

    folder: Path
    postgres: Server
    broker_url: str

    async def stage(self, name: str) -> "Stage":
        """Prepare databases, exchanges and queues that only this measurement uses."""
        settings = ChassisSettings(
            database_url=self.postgres.dsn.replace("/postgres?", f"/{name}?"),
            broker_url=SecretStr(self.broker_url),
            broker_prefix=f"{name}.",
            keys_folder=self.folder / name / "keys",
        )
        await prepare(settings, self.postgres.dsn)
        return Stage(name, self, settings)


@dataclass(frozen=True)
class Stage:
    """The suite's databases, exchanges and queues for one measurement."""

    name: str
    servers: Servers
    settings: ChassisSettings

    @property
    def names(self) -> Names:
        """Answer what exchanges and queues are called."""
        return Names(self.settings.broker_prefix)

    @property
    def environment(self) -> dict[str, str]:
        """Answer the environment that makes processes use this stage."""
        return {
            "RAPPORT_DATABASE_URL": self.settings.database_url,
            "RAPPORT_BROKER_URL": self.servers.broker_url,
            "RAPPORT_BROKER_PREFIX": self.settings.broker_prefix,
            "RAPPORT_LOG_LEVEL": "warning",
        }

    def dsn(self, service: str) -> str:
        """Answer the URL of a service's database for asyncpg, as the superuser."""
        return self.servers.postgres.dsn.replace("/postgres?", f"/{self.name}_{service}?")

    @asynccontextmanager
    async def connection(self, service: str) -> AsyncIterator[asyncpg.Connection]:
        """Open a connection to a service's database, as the superuser."""
        connection = await asyncpg.connect(self.dsn(service))
        try:
            yield connection
        finally:
            await connection.close()

    async def settled(self) -> None:
        """Wait until every event said so far was relayed and heard."""
        async with asyncio.timeout(SETTLE_SECONDS):
            for service in SERVICES:
                async with self.connection(service) as database:
                    while not await database.fetchval(IS_SENT):
                        await asyncio.sleep(LOOK_SECONDS)
            while await self._waiting_messages():
                await asyncio.sleep(LOOK_SECONDS)

    async def _waiting_messages(self) -> int:
        queues = _queues(self.names)
        async with await aio_pika.connect(self.servers.broker_url) as connection:
            channel = await connection.channel()
            found = [await channel.get_queue(queue, ensure=True) for queue in queues]
        return sum(queue.declaration_result.message_count or 0 for queue in found)


def _queues(names: Names) -> Sequence[str]:
    workers = [service.create_worker(service.settings()) for service in SERVICES.values()]
    return [names.queue(heard) for worker in workers for heard in worker.subscriptions]


@asynccontextmanager
async def servers() -> AsyncIterator[Servers]:
    """Start PostgreSQL and RabbitMQ; they end with the block."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rapport-bench-")))
        folder.chmod(0o711)  # run by root, PostgreSQL is another user
        postgres = await stack.enter_async_context(embedded(folder / "postgres"))
        broker = await stack.enter_async_context(PrivateNode(folder / "rabbitmq"))
        yield Servers(folder, postgres, broker.url)
