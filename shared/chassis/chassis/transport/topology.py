"""Exchanges and queues on RabbitMQ, the same on 3.10 and 4.x.

crm.events (topic) ──► <service>.<purpose>          quorum, delivery limit 10
    │ heard by nobody      │ killed its consumer ten times
    ▼                      ▼
crm.unrouted           crm.dead ──► <service>.<purpose>.dead
"""

from dataclasses import dataclass

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractQueue

from chassis.subscriptions import Subscription

DELIVERY_LIMIT = 10
MAX_QUEUE_BYTES = 1 << 30


@dataclass(frozen=True)
class Names:
    """The names on one broker; a prefix lets several suites share it."""

    prefix: str = ""

    @property
    def events(self) -> str:
        return f"{self.prefix}crm.events"

    @property
    def unrouted(self) -> str:
        return f"{self.prefix}crm.unrouted"

    @property
    def dead(self) -> str:
        return f"{self.prefix}crm.dead"

    def queue(self, subscription: Subscription) -> str:
        return self.prefix + subscription.name

    def dead_queue(self, subscription: Subscription) -> str:
        return f"{self.prefix}{subscription.name}.dead"


async def declare_exchange(channel: AbstractChannel, names: Names) -> AbstractExchange:
    """Declare where events go, and where they are kept when nobody hears them."""
    unrouted = await channel.declare_exchange(names.unrouted, ExchangeType.FANOUT, durable=True)
    kept = await channel.declare_queue(
        names.unrouted, durable=True, arguments={"x-queue-type": "quorum"}
    )
    await kept.bind(unrouted)
    return await channel.declare_exchange(
        names.events,
        ExchangeType.TOPIC,
        durable=True,
        arguments={"alternate-exchange": names.unrouted},
    )


async def declare_queue(
    channel: AbstractChannel, names: Names, subscription: Subscription
) -> AbstractQueue:
    """Declare a subscription's queue, its bindings and the queue of what it cannot digest.

    One consumer is active at a time and others stand by, so that a purpose sees events in order.
    """
    exchange = await declare_exchange(channel, names)
    dead = await channel.declare_exchange(names.dead, ExchangeType.DIRECT, durable=True)
    dead_queue = await channel.declare_queue(
        names.dead_queue(subscription), durable=True, arguments={"x-queue-type": "quorum"}
    )
    await dead_queue.bind(dead, subscription.name)
    queue = await channel.declare_queue(
        names.queue(subscription),
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": names.dead,
            "x-dead-letter-routing-key": subscription.name,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-max-length-bytes": MAX_QUEUE_BYTES,
        },
    )
    for pattern in subscription.bindings:
        await queue.bind(exchange, pattern)
    return queue
