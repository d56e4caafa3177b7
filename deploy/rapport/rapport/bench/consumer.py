"""Events per second from the queue into analytics, beside raw consumption in batches."""

import asyncio
import time
from collections.abc import Sequence

import aio_pika
import asyncpg
import orjson
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from rapport.bench.driving import in_turns
from rapport.bench.figures import Figure
from rapport.bench.sizes import Sizes
from rapport.bench.stage import Servers, Stage
from rapport.bench.stories import tell
from rapport.services import SERVICES

BATCH = 500
PREFETCH = 1000
LOOK_SECONDS = 0.02
RAW_QUEUE = "bench.raw"


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """Measure raw consumption and analytics in turns, on the same bodies."""
    stage = await servers.stage("consumer")
    bodies = []
    for number, said in enumerate(tell(sizes.consumed * sizes.turns)):
        bodies.append(orjson.dumps(said.row["envelope"] | {"seq": number + 1}))
    async with stage.connection("analytics") as database:
        await database.execute("create table raw_message (body bytea not null)")
    raw, ours = (iter(_chapters(bodies, sizes.turns)) for _ in range(2))
    rates = await in_turns(
        sizes.turns,
        lambda: _consume_raw(stage, next(raw)),
        lambda: _consume(stage, next(ours)),
    )
    return [Figure("consumer", rates.ours, "events/s", rates.bare)]


def _chapters(bodies: Sequence[bytes], turns: int) -> list[Sequence[bytes]]:
    """Cut the story into as many chapters as there are turns."""
    length = len(bodies) // turns
    return [bodies[at * length : (at + 1) * length] for at in range(turns)]


async def _consume_raw(stage: Stage, bodies: Sequence[bytes]) -> float:
    async with (
        await aio_pika.connect(stage.servers.broker_url) as connection,
        stage.connection("analytics") as database,
    ):
        channel = await connection.channel()
        queue = await channel.declare_queue(
            RAW_QUEUE, durable=True, arguments={"x-queue-type": "quorum"}
        )
        await _publish(channel, RAW_QUEUE, bodies)
        await channel.set_qos(prefetch_count=PREFETCH)
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        started = time.perf_counter()
        tag = await queue.consume(arrived.put)
        done = 0
        while done < len(bodies):
            batch = [await arrived.get()]
            while len(batch) < BATCH and not arrived.empty():
                batch.append(arrived.get_nowait())
            await _keep(database, batch)
            await batch[-1].ack(multiple=True)
            done += len(batch)
        seconds = time.perf_counter() - started
        await queue.cancel(tag)
    return len(bodies) / seconds


async def _keep(database: asyncpg.Connection, batch: Sequence[AbstractIncomingMessage]) -> None:
    rows = [(message.body,) for message in batch]
    await database.executemany("insert into raw_message values ($1)", rows)


async def _consume(stage: Stage, bodies: Sequence[bytes]) -> float:
    service = SERVICES["analytics"]
    worker = service.create_worker(service.settings(**dict(stage.settings)))
    (subscription,) = worker.subscriptions
    async with await aio_pika.connect(stage.servers.broker_url) as connection:
        await _publish(await connection.channel(), stage.names.queue(subscription), bodies)
    async with stage.connection("analytics") as database:
        before = await database.fetchval("select count(*) from inbox")
        started = time.perf_counter()
        running = asyncio.create_task(worker.run(["consumers"]))
        try:
            while await database.fetchval("select count(*) from inbox") < before + len(bodies):
                await asyncio.sleep(LOOK_SECONDS)
            seconds = time.perf_counter() - started
        finally:
            running.cancel()
            await asyncio.wait({running})
    return len(bodies) / seconds


async def _publish(channel: AbstractChannel, queue: str, bodies: Sequence[bytes]) -> None:
    for start in range(0, len(bodies), BATCH):
        await asyncio.gather(
            *(
                channel.default_exchange.publish(
                    Message(body, delivery_mode=DeliveryMode.PERSISTENT), queue
                )
                for body in bodies[start : start + BATCH]
            )
        )
