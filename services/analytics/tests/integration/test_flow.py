"""How what is said comes into the answers: by itself, soon, and in a few statements."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import aio_pika
import pytest
import pytest_asyncio
from pydantic import SecretStr

from analytics.consumers import SUBSCRIPTION
from analytics.settings import Settings
from analytics.worker import create_worker
from chassis.relay import Outgoing
from chassis.testing.rabbit_node import unique_prefix
from chassis.testing.service import ServiceUnderTest, acting_as
from chassis.transport.rabbit import RabbitPublisher
from chassis.transport.topology import Names, declare_queue
from contracts.event import Envelope
from kernel import clock
from kernel.ids import uuid7

CHIEF = acting_as("analytics", "executive")
WITHIN_SECONDS = 5

Said = Callable[[list[bytes]], Any]


@pytest_asyncio.fixture(loop_scope="session")
async def publish(settings: Settings, broker_url: str) -> AsyncIterator[Said]:
    """Run the worker on RabbitMQ; answers how to hand messages over to the exchange."""
    prefix = unique_prefix()
    names = Names(prefix)
    broker = {"broker_url": SecretStr(broker_url), "broker_prefix": prefix}
    worker = create_worker(settings.model_copy(update=broker))
    publisher = RabbitPublisher(broker_url, names, "test")

    async def hand_over(bodies: list[bytes]) -> None:
        read = [Envelope.model_validate_json(body) for body in bodies]
        await publisher.hand_over(
            [
                Outgoing(seq, str(envelope.id), envelope.topic, body)
                for seq, (envelope, body) in enumerate(zip(read, bodies, strict=True), 1)
            ]
        )

    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        await declare_queue(channel, names, SUBSCRIPTION)
        running = asyncio.create_task(worker.run(["consumers"]))
        yield hand_over
        running.cancel()
        await asyncio.wait({running})
        await publisher.close()
        for queue in (names.queue(SUBSCRIPTION), names.dead_queue(SUBSCRIPTION), names.unrouted):
            await channel.queue_delete(queue)
        for exchange in (names.events, names.unrouted, names.dead):
            await channel.exchange_delete(exchange)


async def answers(service: ServiceUnderTest) -> dict[str, Any]:
    """Ask for the dashboard and every report there is."""
    names = [path.removeprefix("/v1/") for path in service.app.openapi()["paths"]]
    async with service.client(CHIEF) as client:
        found = {name: await client.get(f"/v1/{name}") for name in names}
    assert {answer.status_code for answer in found.values()} == {200}
    return {name: answer.json() for name, answer in found.items()}


def live(story: Any) -> None:
    """Tell of a lead, of an open deal, and of a won one that is paid."""
    story.lead()
    story.deal()
    won = story.deal()
    story.win(won, clock.today())
    story.payment(won, clock.today(), {"amount": "100.00", "currency": "EUR"})


@pytest.mark.broker
async def test_every_report_shows_within_seconds_what_any_service_said(
    service: ServiceUnderTest, story: Any, publish: Said
) -> None:
    """ANA-002."""
    live(story)
    last = clock.now() + timedelta(minutes=1)
    story.say("mail.mailbox.failed", last, mailbox_id=uuid7(), owner_id=uuid7(), error="full")
    assert set(story.logs) == {"intake", "deals", "mail"}
    await publish(story.bodies)
    async with asyncio.timeout(WITHIN_SECONDS):
        while (found := await answers(service))["dashboard"]["data_through"] is None:
            await asyncio.sleep(0.02)
    assert {answer["data_through"] for answer in found.values()} == {"2026-11-20T10:01:00Z"}
    assert found["dashboard"]["leads"]["total"] == 1
    assert found["dashboard"]["deals"] == {"total": 2, "open": 1, "won": 1}
    assert found["reports/win-loss"]["totals"]["won"] == 1
    assert found["reports/lead-sources"]["totals"]["leads"] == 1
    assert found["reports/income"]["totals"]["payments"] == 1
    assert found["reports/pipeline"]["totals"]["deals"] == 1


def test_whatever_a_service_says_is_heard() -> None:
    """ANA-001, ANA-002."""
    assert SUBSCRIPTION.bindings == ("#",)
    assert SUBSCRIPTION.hears("tasks.task.completed")


async def test_a_report_answers_its_table_and_its_chart_at_once(
    service: ServiceUnderTest, story: Any
) -> None:
    """ANA-018: and both say the same."""
    live(story)
    await service.deliver(SUBSCRIPTION, story.bodies)
    found = await answers(service)
    for report, series, measure in (
        ("win-loss", "by_month", "won"),
        ("win-loss", "by_owner", "won"),
        ("lead-sources", "by_month", "leads"),
        ("lead-sources", "sources", "leads"),
        ("income", "by_month", "payments"),
        ("pipeline", "stages", "deals"),
    ):
        answer = found[f"reports/{report}"]
        assert sum(point[measure] for point in answer[series]) == answer["totals"][measure] == 1


async def test_users_can_only_read(service: ServiceUnderTest) -> None:
    """ANA-001: nobody changes or deletes what was said."""
    operations = service.app.openapi()["paths"].values()
    assert {method for operation in operations for method in operation} == {"get"}


async def test_an_answer_takes_as_many_statements_however_much_there_is(
    service: ServiceUnderTest, make_market: Any
) -> None:
    """ANA-008."""
    seen = []
    for deals in (10, 60):
        await service.deliver(SUBSCRIPTION, make_market(deals, deals).story.bodies)
        with service.statements() as statements:
            await answers(service)
        seen.append(len(statements))
    assert seen[0] == seen[1] < 40


async def test_a_batch_takes_as_many_statements_however_long_it_is(
    service: ServiceUnderTest, new_story: Any
) -> None:
    seen = []
    for lives in (1, 50):
        story = new_story()
        for _ in range(lives):
            live(story)
        with service.statements() as statements:
            await service.deliver(SUBSCRIPTION, story.bodies)
        seen.append(len(statements))
    assert seen[0] == seen[1]
