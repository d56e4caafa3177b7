"""Events per second from a service's event log to the broker, beside raw pipelined publishing."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aio_pika
import orjson
from aio_pika import DeliveryMode, Message

from chassis.relay import Relay
from chassis.transport.rabbit import RabbitPublisher
from rapport.bench.driving import in_turns
from rapport.bench.figures import Figure
from rapport.bench.rebuild import COLUMNS, record_of
from rapport.bench.sizes import Sizes
from rapport.bench.stage import Servers, Stage
from rapport.bench.stories import tell

PIPELINE = 500
LOOK_SECONDS = 0.01


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """Measure raw publishing and the relay in turns, on the like events."""
    stage = await servers.stage("relay")
    said = [one.row for one in tell(2 * sizes.relayed * sizes.turns) if one.service == "deals"]
    length = min(sizes.relayed, len(said) // sizes.turns)
    parts = [said[at * length : (at + 1) * length] for at in range(sizes.turns)]
    raw, ours = iter(parts), iter(parts)
    rates = await in_turns(
        sizes.turns,
        lambda: _publish_raw(stage, next(raw)),
        lambda: _relay(stage, next(ours)),
    )
    return [Figure("relay", rates.ours, "events/s", rates.bare)]


async def _publish_raw(stage: Stage, rows: Sequence[dict[str, Any]]) -> float:
    messages = [(orjson.dumps(row["envelope"] | {"seq": n}), row) for n, row in enumerate(rows)]
    async with await aio_pika.connect(stage.servers.broker_url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange(stage.names.events)
        started = time.perf_counter()
        for start in range(0, len(messages), PIPELINE):
            await asyncio.gather(
                *(
                    exchange.publish(
                        Message(body, delivery_mode=DeliveryMode.PERSISTENT), row["topic"]
                    )
                    for body, row in messages[start : start + PIPELINE]
                )
            )
        return len(messages) / (time.perf_counter() - started)


async def _relay(stage: Stage, rows: Sequence[dict[str, Any]]) -> float:
    publisher = RabbitPublisher(stage.servers.broker_url, stage.names, "deals")
    relay = Relay(stage.settings.database_of("deals"), "deals", publisher.hand_over)
    async with stage.connection("deals") as database:
        first = await database.fetchval("select last_seq from relay_state")
        records = [record_of(row) for row in rows]
        await database.copy_records_to_table("event_log", records=records, columns=COLUMNS)
        started = time.perf_counter()
        running = asyncio.create_task(relay.run())
        try:
            while await database.fetchval("select sent_seq from relay_state") < first + len(rows):
                await asyncio.sleep(LOOK_SECONDS)
            return len(rows) / (time.perf_counter() - started)
        finally:
            running.cancel()
            await asyncio.wait({running})
            await publisher.close()
