"""Delivers the whole log again: every event twice and in random order (A3)."""

import random

import aio_pika
import asyncpg
from pydantic import SecretStr

from chassis.database import Database
from chassis.delivery import deliver, retry_due
from chassis.testing.ledger.mirror import new_mirror
from chassis.transport.topology import Names
from rapport.prove.settings import ProofSettings

BODIES = """
select topic, (envelope || jsonb_build_object('seq', seq))::text as body
  from event_log where topic like 'ledger.account.%'
"""


async def everything_twice(ledger: str) -> list[tuple[str, bytes]]:
    """Answer (topic, body) of every event twice, shuffled."""
    source = await asyncpg.connect(ledger)
    try:
        rows = [(row["topic"], row["body"].encode()) for row in await source.fetch(BODIES)]
    finally:
        await source.close()
    twice = rows * 2
    random.shuffle(twice)
    return twice


async def publish(url: SecretStr, prefix: str, messages: list[tuple[str, bytes]]) -> None:
    """Send messages to the live mirror, through the broker."""
    async with await aio_pika.connect(url.get_secret_value()) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange(Names(prefix).events)
        for start in range(0, len(messages), 500):
            for topic, body in messages[start : start + 500]:
                await exchange.publish(aio_pika.Message(body), topic)


async def hear_directly(
    settings: ProofSettings, messages: list[tuple[str, bytes]], *, batch: int = 200
) -> None:
    """Deliver messages to a mirror in this process, then retry what failed until it is parked."""
    database = Database(settings.database_of("mirror"), "mirror")
    subscription = new_mirror()
    bodies = [body for _, body in messages]
    try:
        for start in range(0, len(bodies), batch):
            await deliver(database, subscription, bodies[start : start + batch], first_pause=0)
        for _ in settings.retry_pauses:
            while await retry_due(database, (subscription,), (0,) * len(settings.retry_pauses)):
                pass
    finally:
        await database.close()
