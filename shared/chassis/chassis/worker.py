"""The worker of a service: relay, subscriptions, retries and schedules, each kept alive.

A worker may run all of its parts or only some (`roles`), in as many processes as needed: relays
stand by for each other, a queue has one active consumer, schedules take locks of their own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from sqlalchemy import delete, func, select

from chassis import delivery, metrics, telemetry
from chassis.database import Database
from chassis.origin import by_system
from chassis.relay import Relay
from chassis.running import keep_running
from chassis.settings import ChassisSettings
from chassis.subscriptions import Subscription
from chassis.tables import event_log, failed_event, idempotency_key, inbox, relay_state
from chassis.transport.direct import DirectTransport
from chassis.transport.rabbit import RabbitConsumer, RabbitPublisher
from chassis.transport.topology import Names
from kernel import clock

RETRY_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 15.0
KEEP_IDEMPOTENCY = timedelta(hours=48)
KEEP_INBOX = timedelta(days=30)

Work = Callable[[Database], Awaitable[None]]


@dataclass(frozen=True)
class Schedule:
    """Work done every `seconds`, by whichever worker has the role `name`."""

    name: str
    seconds: float
    work: Work


@dataclass
class Worker:
    """What a service does apart from answering requests."""

    service: str
    settings: ChassisSettings
    subscriptions: Sequence[Subscription]
    schedules: Sequence[Schedule] = ()
    database: Database = field(init=False)

    def __post_init__(self) -> None:
        telemetry.configure(self.service, self.settings)
        clock.use_zone(self.settings.zone)
        self.database = Database(
            self.settings.database_of(self.service), self.service, pool=self.settings.database_pool
        )

    @property
    def roles(self) -> tuple[str, ...]:
        """Answer the names of the parts that can run alone."""
        return ("relay", "consumers", *(schedule.name for schedule in self.schedules))

    async def run(
        self, roles: Iterable[str] = (), *, direct: DirectTransport | None = None
    ) -> None:
        """Run the parts named, or all, until cancelled."""
        chosen = set(roles) or set(self.roles)
        try:
            async with asyncio.TaskGroup() as parts:
                for name, work in self._parts(chosen, direct):
                    parts.create_task(keep_running(name, work), name=name)
        finally:
            await self.database.close()

    def _parts(
        self, chosen: set[str], direct: DirectTransport | None
    ) -> Iterable[tuple[str, Callable[[], Awaitable[None]]]]:
        if "relay" in chosen:
            yield f"{self.service}.relay", partial(self._relay, direct)
            yield f"{self.service}.housekeeping", self._housekeeping
        if "consumers" in chosen and self.subscriptions:
            yield f"{self.service}.retries", self._retries
            if direct is None:
                yield from ((consumer.name, consumer.run) for consumer in self._consumers())
        for schedule in self.schedules:
            if schedule.name in chosen:
                yield f"{self.service}.{schedule.name}", self._scheduled(schedule)

    async def _relay(self, direct: DirectTransport | None) -> None:
        url = self.settings.database_of(self.service)
        if direct:
            await Relay(url, self.service, direct.hand_over).run()
            return
        publisher = RabbitPublisher(*self._broker(), self.service)
        try:
            await Relay(url, self.service, publisher.hand_over).run()
        finally:
            await publisher.close()

    def _consumers(self) -> Iterable[RabbitConsumer]:
        url, names = self._broker()
        for subscription in self.subscriptions:
            yield RabbitConsumer(
                url, names, self.database, subscription, first_pause=self.settings.retry_pauses[0]
            )

    def attach(self, direct: DirectTransport) -> None:
        """Let this service hear; every service of a process attaches before any relay runs."""
        for subscription in self.subscriptions:
            pause = self.settings.retry_pauses[0]
            direct.attach(self.database, subscription, first_pause=pause)

    def _broker(self) -> tuple[str, Names]:
        if self.settings.broker_url is None:
            raise ValueError("RAPPORT_BROKER_URL is not set")
        return self.settings.broker_url.get_secret_value(), Names(self.settings.broker_prefix)

    async def _retries(self) -> None:
        while True:
            tried = await delivery.retry_due(
                self.database, self.subscriptions, self.settings.retry_pauses
            )
            if not tried:
                await asyncio.sleep(RETRY_SECONDS)  # the schedule itself

    def _scheduled(self, schedule: Schedule) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            while True:
                await schedule.work(self.database)
                await asyncio.sleep(schedule.seconds)  # the schedule itself

        return run

    async def _housekeeping(self) -> None:
        while True:
            await _measure(self.database)
            await _forget_old(self.database)
            await asyncio.sleep(HOUSEKEEPING_SECONDS)  # the schedule itself


async def _measure(database: Database) -> None:
    """Publish the gauges that only the database knows."""
    sent_seq = select(relay_state.c.sent_seq).scalar_subquery()
    at = event_log.c.occurred_at
    unsent = select(at).where(event_log.c.seq > sent_seq).order_by(event_log.c.seq).limit(1)
    unsequenced = select(at).where(event_log.c.seq.is_(None)).order_by(event_log.c.id).limit(1)
    oldest = select(func.least(unsent.scalar_subquery(), unsequenced.scalar_subquery()))
    states = select(failed_event.c.subscription, failed_event.c.state, func.count()).group_by(
        failed_event.c.subscription, failed_event.c.state
    )
    async with database.reading() as session:
        since = await session.scalar(oldest)
        age = (clock.now() - since).total_seconds() if since else 0
        metrics.oldest_waiting.labels(database.service).set(age)
        for subscription, state, number in await session.execute(states):
            metrics.failed_events.labels(database.service, subscription, state).set(number)


async def _forget_old(database: Database) -> None:
    """Drop what only guards against repeats and is older than any repeat."""
    async with database.transaction(by_system("housekeeping")) as session:
        await session.execute(
            delete(idempotency_key).where(
                idempotency_key.c.created_at < clock.now() - KEEP_IDEMPOTENCY
            )
        )
        await session.execute(delete(inbox).where(inbox.c.received_at < clock.now() - KEEP_INBOX))
