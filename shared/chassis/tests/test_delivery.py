"""One behaviour on both transports: every event takes effect once and in order (EVT-002 to 005).

The ledger's relay and its mirror run as they do in production; `direct` hands batches over in the
process, `rabbit` goes through a real broker.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import aio_pika
import asyncpg
import orjson
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import DeliveryError
from pydantic import SecretStr
from sqlalchemy import func, select, text

from chassis import failed_events
from chassis import running as running_tasks
from chassis.database import Database
from chassis.delivery import deliver
from chassis.origin import by_system
from chassis.postgres import Server
from chassis.relay import Outgoing
from chassis.settings import ChassisSettings
from chassis.subscriptions import Subscription
from chassis.tables import event_log, failed_event
from chassis.testing.ledger.books import MIGRATIONS, book_amount, open_account
from chassis.testing.ledger.mirror import new_mirror
from chassis.testing.plugin import NewDatabase
from chassis.testing.rabbit_node import unique_prefix
from chassis.transport import rabbit
from chassis.transport.direct import DirectTransport
from chassis.transport.rabbit import BrokerLost, RabbitPublisher
from chassis.transport.topology import DELIVERY_LIMIT, Names, declare_queue
from chassis.worker import Worker
from kernel.errors import NotFound
from kernel.ids import uuid7

PATIENCE_SECONDS = 20
PAUSES = (0.05, 0.05)


@dataclass
class Suite:
    """The ledger and its mirror, running."""

    ledger: Database
    mirror: Database
    subscription: Subscription
    settings: ChassisSettings
    start: Callable[[], Awaitable[None]]

    async def book(self, amounts: list[int], *, poison: bool = False) -> UUID:
        """Open an account and book amounts on it, one transaction each."""
        async with self.ledger.transaction(by_system("test")) as session:
            account = await open_account(session, "Cash")
        for amount in amounts:
            async with self.ledger.transaction(by_system("test")) as session:
                await book_amount(session, account.id, amount, poison=poison)
        return account.id

    async def mirrored(self) -> list[tuple[int, int]]:
        """Answer (version, amount) of the mirror's bookings in the order they were heard."""
        async with self.mirror.reading() as session:
            rows = await session.execute(text("select version, amount from booking order by id"))
            return [(row.version, row.amount) for row in rows]

    async def states(self) -> list[str]:
        """Answer the states of the mirror's failed events."""
        async with self.mirror.reading() as session:
            return list(await session.scalars(select(failed_event.c.state)))

    async def sent(self) -> bool:
        """Answer whether the ledger's relay has nothing left to hand over."""
        query = text(
            "select sent_seq = last_seq and not exists (select from event_log where seq is null)"
            " from relay_state"
        )
        async with self.ledger.reading() as session:
            return bool(await session.scalar(query))


@asynccontextmanager
async def full_queue(suite: Suite) -> AsyncIterator[tuple[AbstractChannel, Names]]:
    """Bind a queue to what the ledger books that refuses everything."""
    assert suite.settings.broker_url
    names = Names(suite.settings.broker_prefix)
    async with await aio_pika.connect(suite.settings.broker_url.get_secret_value()) as connection:
        channel = await connection.channel(publisher_confirms=True)
        queue = await channel.declare_queue(
            f"{names.prefix}full",
            durable=True,
            arguments={
                "x-queue-type": "quorum",
                "x-overflow": "reject-publish",
                "x-max-length": 1,
            },
        )
        await queue.bind(names.events, "ledger.account.booked")
        for _ in range(2):
            with suppress(DeliveryError):
                await channel.default_exchange.publish(aio_pika.Message(b"full"), queue.name)
        try:
            yield channel, names
        finally:
            await queue.delete(if_unused=False, if_empty=False)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what another task will bring about; a deadline makes it fail."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(new_database: NewDatabase, broker: str | None) -> AsyncIterator[Suite]:
    """Make both services; `start` starts their workers."""
    prefix = unique_prefix()
    ledger, mirror = [
        ChassisSettings(
            database_url=await new_database(service, MIGRATIONS),
            broker_url=SecretStr(broker) if broker else None,
            broker_prefix=prefix,
            retry_pauses=PAUSES,
        )
        for service in ("ledger", "mirror")
    ]
    subscription = new_mirror()
    workers = Worker("ledger", ledger, ()), Worker("mirror", mirror, (subscription,))
    direct = None if broker else DirectTransport()
    if broker:
        await _declare(broker, Names(prefix), subscription)
    tasks: list[asyncio.Task[None]] = []

    async def start() -> None:
        if direct:
            workers[1].attach(direct)
        tasks.extend(asyncio.create_task(worker.run(direct=direct)) for worker in workers)

    databases = Database(ledger.database_of("ledger"), "ledger"), workers[1].database
    try:
        yield Suite(databases[0], databases[1], subscription, ledger, start)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for database in databases:
            await database.close()
        if broker:
            await _forget(broker, Names(prefix), subscription)


async def _declare(url: str, names: Names, subscription: Subscription) -> None:
    async with await aio_pika.connect(url) as connection:
        await declare_queue(await connection.channel(), names, subscription)


async def _forget(url: str, names: Names, subscription: Subscription) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        for queue in (names.queue(subscription), names.dead_queue(subscription), names.unrouted):
            await channel.queue_delete(queue)
        for exchange in (names.events, names.unrouted, names.dead):
            await channel.exchange_delete(exchange)


@pytest.fixture(params=["direct", pytest.param("rabbit", marks=pytest.mark.broker)])
def broker(request: pytest.FixtureRequest) -> str | None:
    """Answer the broker to use; none means the direct transport."""
    if request.param == "direct":
        return None
    url: str = request.getfixturevalue("broker_url")
    return url


@pytest_asyncio.fixture(loop_scope="session")
async def suite(broker: str | None, new_database: NewDatabase) -> AsyncIterator[Suite]:
    """Run the ledger and its mirror on either transport."""
    async with running(new_database, broker) as suite:
        yield suite


async def test_every_committed_event_takes_effect_once_and_in_order(suite: Suite) -> None:
    await suite.book([1, 2])  # before anybody runs: the log keeps them
    await suite.start()
    await suite.book(list(range(100)))

    async def all_there() -> bool:
        return len(await suite.mirrored()) == 102

    await until(all_there)
    heard = await suite.mirrored()
    assert heard[:2] == [(2, 1), (3, 2)]
    assert heard[2:] == [(number + 2, number) for number in range(100)]


async def test_a_rolled_back_change_says_nothing(suite: Suite) -> None:
    await suite.start()
    account = await suite.book([1])

    async def book_both(account: UUID, absent: UUID) -> None:
        async with suite.ledger.transaction(by_system("test")) as session:
            await book_amount(session, account, 99)
            await book_amount(session, absent, 99)

    with pytest.raises(NotFound):
        await book_both(account, uuid7())
    await suite.book([2])

    async def both_there() -> bool:
        return len(await suite.mirrored()) == 2

    await until(both_there)
    assert [amount for _, amount in await suite.mirrored()] == [1, 2]


async def test_an_event_that_fails_is_parked_and_holds_nobody_up(suite: Suite) -> None:
    await suite.start()
    await suite.book([7], poison=True)
    await suite.book(list(range(60)))

    async def settled() -> bool:
        return len(await suite.mirrored()) == 60 and await suite.states() == ["parked"]

    await until(settled)
    async with suite.mirror.reading() as session:
        (failed,) = await failed_events.listing(session, "parked")
    assert "is poison" in failed.error
    assert failed.attempts == failed_events.QUICK_TRIES + len(PAUSES)


async def test_a_parked_event_can_be_replayed_after_the_fix(suite: Suite) -> None:
    await suite.start()
    await suite.book([7], poison=True)

    async def parked() -> bool:
        return await suite.states() == ["parked"]

    await until(parked)
    healthy = dict(suite.subscription.handlers)
    suite.subscription.handlers["ledger.account.booked"] = healthy["ledger.account.opened"]
    async with suite.mirror.transaction(by_system("test")) as session:
        (failed,) = await failed_events.listing(session, "parked")
        await failed_events.replay(session, failed.id)

    async def replayed() -> bool:
        return await suite.states() == ["replayed"]

    await until(replayed)


async def test_events_sent_again_change_nothing(suite: Suite) -> None:
    await suite.start()
    await suite.book(list(range(30)))
    await until(suite.sent)
    async with suite.ledger.transaction(by_system("test")) as session:
        await session.execute(text("update relay_state set sent_seq = 0"))
    # the relay holds its place in memory only between two drains, so the next event sends all again
    await suite.book([1000])

    async def last_there() -> bool:
        return any(amount == 1000 for _, amount in await suite.mirrored())

    await until(last_there)
    await until(suite.sent)
    assert len(await suite.mirrored()) == 31


async def test_what_a_handler_says_names_its_cause(suite: Suite) -> None:
    await suite.start()
    await suite.book([5])

    async def told() -> bool:
        async with suite.mirror.reading() as session:
            return await session.scalar(select(func.count()).select_from(event_log)) == 1

    await until(told)
    async with suite.mirror.reading() as session:
        said = (await session.scalars(select(event_log.c.envelope))).one()
    async with suite.ledger.reading() as session:
        query = select(event_log.c.envelope).where(event_log.c.topic == "ledger.account.booked")
        cause = (await session.scalars(query)).one()
    assert said["causationid"] == cause["id"] == said["data"]["booking_id"]
    assert said["correlationid"] == cause["correlationid"]
    assert (said["actor"], said["actorkind"]) == ("svc:mirror", "event")


async def test_a_database_that_is_down_burns_no_try(suite: Suite, postgres: Server) -> None:
    await suite.start()
    await suite.book([1])

    async def one_there() -> bool:
        return len(await suite.mirrored()) == 1

    await until(one_there)
    name = suite.mirror.url.database
    admin = await asyncpg.connect(postgres.dsn)
    await admin.execute(f'alter database "{name}" allow_connections false')
    await admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name
    )
    await suite.book([2, 3])
    await admin.execute(f'alter database "{name}" allow_connections true')
    await admin.close()

    async def all_there() -> bool:
        return len(await suite.mirrored()) == 3

    await until(all_there)
    assert await suite.states() == []


async def test_a_repeat_in_the_middle_of_a_batch_moves_nothing(new_database: NewDatabase) -> None:
    """A relay cut off by the broker sends its batch again from the start (EVT-003)."""
    async with running(new_database, None) as suite:
        await suite.book(list(range(6)))
        async with suite.ledger.reading() as session:
            said = await session.scalars(select(event_log.c.envelope).order_by(event_log.c.id))
            bodies = [orjson.dumps(envelope) for envelope in said]
        await deliver(suite.mirror, suite.subscription, bodies[:5] + bodies[:3])
        assert [amount for _, amount in await suite.mirrored()] == list(range(4))
        await deliver(suite.mirror, suite.subscription, bodies)
        assert [amount for _, amount in await suite.mirrored()] == list(range(6))


@pytest.mark.broker
async def test_a_long_outage_is_no_fault_of_the_events_at_hand(
    new_database: NewDatabase, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is given back to the broker over and over ends as undeliverable (EVT-005)."""
    refusals = count()

    async def deliver_late(*args: Any, **options: Any) -> None:
        if next(refusals) <= DELIVERY_LIMIT + 1:
            raise ConnectionRefusedError("the database is away")
        await deliver(*args, **options)

    monkeypatch.setattr(rabbit, "deliver", deliver_late)
    monkeypatch.setattr(running_tasks, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(running_tasks, "LONGEST_PAUSE", 0.01)
    async with running(new_database, broker_url) as suite:
        await suite.start()
        await suite.book([1, 2, 3])

        async def all_there() -> bool:
            return len(await suite.mirrored()) == 3

        await until(all_there)
        assert await suite.states() == []


@pytest.mark.broker
async def test_nothing_overtakes_an_event_that_a_queue_refused(
    new_database: NewDatabase, broker_url: str
) -> None:
    """Whoever comes after a refused event would be heard before it: nobody is sent (EVT-003)."""
    async with running(new_database, broker_url) as suite, full_queue(suite) as (channel, names):
        beside = await channel.declare_queue(exclusive=True)
        await beside.bind(names.events, "ledger.account.booked")
        batch = [Outgoing(n, str(uuid7()), "ledger.account.booked", b"%d" % n) for n in range(9)]
        publisher = RabbitPublisher(broker_url, names, "ledger")
        for _ in range(2):
            with pytest.raises(BrokerLost):
                await publisher.hand_over(batch)
        assert [(await beside.get(no_ack=True)).body for _ in range(2)] == [b"0", b"0"]
        assert await beside.get(no_ack=True, fail=False) is None


@pytest.mark.broker
async def test_what_nobody_can_read_is_parked_and_what_nobody_hears_is_kept(
    new_database: NewDatabase, broker_url: str
) -> None:
    async with running(new_database, broker_url) as suite:
        await suite.start()
        names = Names(suite.settings.broker_prefix)
        async with await aio_pika.connect(broker_url) as connection:
            channel = await connection.channel(on_return_raises=True)
            exchange = await channel.get_exchange(names.events)
            for body in (b"not json", b"{}", b"not json"):
                await exchange.publish(aio_pika.Message(body), "ledger.account.booked")

            async def parked() -> bool:
                return await suite.states() == ["parked", "parked"]

            await until(parked)
            await exchange.publish(aio_pika.Message(b"{}"), "ledger.account.renamed")
            kept = await channel.get_queue(names.unrouted)
            message = await kept.get(timeout=5)
            assert message is not None
            assert message.routing_key == "ledger.account.renamed"
            await message.ack()
