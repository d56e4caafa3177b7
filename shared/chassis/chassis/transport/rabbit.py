"""The RabbitMQ transport, on plain aio-pika connections that are replaced when anything is odd.

What today's library does under faults decides the shape: a frozen broker cancels `publish()`, an
alarm blocks it for ever, unroutable messages return silently unless asked otherwise. So every wait
has a deadline, an unexpected cancellation counts as a lost connection, and a doubtful connection is
dropped, not closed. Repeats are harmless: the inbox knows them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import aio_pika
import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractConnection, AbstractExchange, AbstractIncomingMessage

from chassis import failed_events
from chassis.database import Database
from chassis.delivery import deliver
from chassis.failed_events import Failure
from chassis.faults import is_nobodys_fault
from chassis.origin import by_system
from chassis.relay import Outgoing
from chassis.running import being_cancelled, in_a_line, pauses
from chassis.subscriptions import Subscription
from chassis.transport.topology import Names, declare_exchange, declare_queue

HEARTBEAT_SECONDS = 10
CONNECT_SECONDS = 10
CONFIRM_SECONDS = 10
SETTLE_SECONDS = 240
CONTENT_TYPE = "application/cloudevents+json"

log = structlog.get_logger()


class BrokerLost(ConnectionError):
    """The broker does not answer, or answered with anything but a confirm."""


@asynccontextmanager
async def connected(url: str, name: str) -> AsyncIterator[AbstractConnection]:
    """Open a connection that is certainly gone afterwards, even if the broker hangs."""
    async with asyncio.timeout(CONNECT_SECONDS):
        connection = await aio_pika.connect(
            url, heartbeat=HEARTBEAT_SECONDS, client_properties={"connection_name": name}
        )
    try:
        yield connection
    finally:
        with suppress(Exception, asyncio.CancelledError):
            async with asyncio.timeout(1):
                await connection.close()


class RabbitPublisher:
    """Hands batches over to the exchange; keeps one connection and channel while they are good.

    A queue that is full, or has no leader yet, refuses events until it can take them again: those
    behind a refused one would overtake it. So the first event of every topic on a channel goes
    alone, and only when all its queues took it do others of its topic follow in a stream. A refusal
    drops the channel, and the next one starts as carefully.
    """

    def __init__(self, url: str, names: Names, service: str) -> None:
        self._url, self._names, self._name = url, names, f"{service}.relay"
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None
        self._accepted: set[str] = set()

    async def hand_over(self, batch: Sequence[Outgoing]) -> None:
        """Publish in order, pipelined; return when the broker confirmed every message.

        Raises:
            BrokerLost: anything else happened; the whole batch is to be sent again.
        """
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                exchange = self._exchange or await self._open()
                await self._publish(exchange, batch)
        except asyncio.CancelledError as error:
            await self.close()
            if being_cancelled():
                raise
            raise BrokerLost("the connection to the broker was cut") from error
        except Exception as error:
            await self.close()
            raise BrokerLost(f"{type(error).__name__}: {error}") from error

    async def _publish(self, exchange: AbstractExchange, batch: Sequence[Outgoing]) -> None:
        stream: list[Outgoing] = []
        for event in batch:
            if event.topic in self._accepted:
                stream.append(event)
                continue
            await _confirmed(exchange, stream)
            await _confirmed(exchange, (event,))
            self._accepted.add(event.topic)
            stream = []
        await _confirmed(exchange, stream)

    async def _open(self) -> AbstractExchange:
        self._connection = await aio_pika.connect(
            self._url,
            heartbeat=HEARTBEAT_SECONDS,
            client_properties={"connection_name": self._name},
        )
        channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        self._exchange = await declare_exchange(channel, self._names)
        return self._exchange

    async def close(self) -> None:
        """Drop the connection without waiting for a broker that may hang."""
        connection, self._connection, self._exchange = self._connection, None, None
        self._accepted.clear()
        if connection:
            with suppress(Exception, asyncio.CancelledError):
                async with asyncio.timeout(1):
                    await connection.close()


class RabbitConsumer:
    """Feeds one subscription from its queue, batch by batch, acknowledging after the commit."""

    def __init__(
        self,
        url: str,
        names: Names,
        database: Database,
        subscription: Subscription,
        *,
        first_pause: float = 10,
    ) -> None:
        self._url, self._names, self._database = url, names, database
        self.name = subscription.name
        self._subscription = subscription
        self._first_pause = first_pause

    async def run(self) -> None:
        """Consume until the connection, the broker or the database fails; then raise."""
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        async with connected(self._url, self._subscription.name) as connection:
            lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

            def on_close(_: object, error: BaseException | None = None) -> None:
                if not lost.done():
                    lost.set_result(str(error))

            connection.close_callbacks.add(on_close)
            async with asyncio.timeout(CONNECT_SECONDS):
                channel = await connection.channel()
                channel.close_callbacks.add(on_close)
                await channel.set_qos(prefetch_count=2 * self._subscription.batch)
                queue = await declare_queue(channel, self._names, self._subscription)
                # a channel of its own, for acknowledging a batch covers all that came before it
                side_channel = await connection.channel()
                dead = await side_channel.get_queue(self._names.dead_queue(self._subscription))
                await queue.consume(arrived.put, no_ack=False)
                await dead.consume(partial(self._park, lost), no_ack=False)
            while True:
                batch = await self._collect(arrived, lost)
                await self._patiently(partial(self._apply, batch), lost)
                async with asyncio.timeout(CONFIRM_SECONDS):
                    await batch[-1].ack(multiple=True)

    async def _collect(
        self, arrived: asyncio.Queue[AbstractIncomingMessage], lost: asyncio.Future[str]
    ) -> list[AbstractIncomingMessage]:
        """Wait for one message, then take all that are there, up to the batch size."""
        first = asyncio.ensure_future(arrived.get())
        try:
            await asyncio.wait((first, lost), return_when=asyncio.FIRST_COMPLETED)
        finally:
            first.cancel()  # nothing happens to one that is done
        if lost.done():
            raise BrokerLost(lost.result())
        batch = [first.result()]
        while len(batch) < self._subscription.batch and not arrived.empty():
            batch.append(arrived.get_nowait())
        return batch

    async def _patiently(
        self, work: Callable[[], Awaitable[None]], lost: asyncio.Future[str]
    ) -> None:
        """Work until it is done: a database that is away, or held up by others, is waited for.

        The broker counts what is given back to it, and takes the tenth time for the event's fault.

        Raises:
            BrokerLost: the messages at hand are somebody else's by now.
        """
        for pause in pauses():
            try:
                async with asyncio.timeout(SETTLE_SECONDS):
                    await work()
            except Exception as error:
                if not is_nobodys_fault(error):
                    raise
                log.warning("consumer.waits", subscription=self.name, error=in_a_line(error))
            else:
                return
            await asyncio.wait((lost,), timeout=pause)
            if lost.done():
                raise BrokerLost(lost.result())

    async def _apply(self, batch: Sequence[AbstractIncomingMessage]) -> None:
        bodies = [message.body for message in batch]
        await deliver(self._database, self._subscription, bodies, first_pause=self._first_pause)

    async def _park(self, lost: asyncio.Future[str], message: AbstractIncomingMessage) -> None:
        """Keep a message that killed its consumer ten times where people can see it."""
        failure = Failure(
            failed_events.id_of_unreadable(message.body),
            message.routing_key,
            message.body,
            "delivery limit reached: the consumer ended every time before it could answer",
            parked=True,
        )

        async def store() -> None:
            async with self._database.transaction(by_system(self.name)) as session:
                await failed_events.store(session, self.name, [failure], 0)

        await self._patiently(store, lost)
        await message.ack()


async def _confirmed(exchange: AbstractExchange, events: Sequence[Outgoing]) -> None:
    """Publish events in their order and wait until the broker has all of them."""
    await asyncio.gather(*(exchange.publish(_message(event), event.topic) for event in events))


def _message(event: Outgoing) -> Message:
    return Message(
        event.body,
        content_type=CONTENT_TYPE,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=event.event_id,
    )
