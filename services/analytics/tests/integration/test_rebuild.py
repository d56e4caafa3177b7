"""A rebuild makes the same facts from the services' logs, while life goes on (ANA-005, A8)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from analytics.commands.rebuild import rebuild
from analytics.consumers import SUBSCRIPTION
from analytics.models.facts import Deal
from analytics.models.log import Progress
from analytics.models.star import STAR
from analytics.queries.fingerprint import fingerprint
from chassis import delivery
from chassis.log_sources import EventSource, in_process, over_http
from chassis.origin import by_system
from chassis.tables import event_log as log_table
from chassis.testing.service import ServiceUnderTest
from kernel.errors import Conflict, Unavailable
from kernel.ids import uuid7

SCHEMA = """
select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
union all
select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
 where connamespace = 'public'::regnamespace
 order by 1, 2, 3
"""


def source(envelopes: Sequence[dict[str, Any]], page: int = 100) -> EventSource:
    """Answer a log as its service would, a page at a time."""

    async def read(after_seq: int) -> str:
        return entries(envelopes[after_seq : after_seq + page], after_seq)

    return read


def entries(envelopes: Sequence[dict[str, Any]], after_seq: int = 0) -> str:
    numbered = enumerate(envelopes, after_seq + 1)
    return orjson.dumps([{"seq": seq, "envelope": one} for seq, one in numbered]).decode()


async def print_of(service: ServiceUnderTest) -> str:
    async with service.database.reading() as session:
        return await fingerprint(session)


async def test_a_rebuild_of_lost_facts_equals_the_live_ones(
    service: ServiceUnderTest, market: Any
) -> None:
    """ANA-005: the read model is deleted, the logs are replayed, every figure is the same."""
    await service.deliver(SUBSCRIPTION, market.story.bodies)
    told = await print_of(service)
    async with service.database.transaction(by_system("test")) as session:
        tables = ", ".join(table.__tablename__ for table in STAR)
        await session.execute(text(f"truncate logged_event, {tables}"))
        await session.execute(update(Progress).values(data_through=None))
        before = (await session.execute(text(SCHEMA))).all()
    assert await print_of(service) != told
    read = await rebuild(service.database, [source(log) for log in market.story.logs.values()])
    assert read == len(market.story.bodies)
    assert await print_of(service) == told
    async with service.database.reading() as session:
        assert (await session.execute(text(SCHEMA))).all() == before
        assert await session.scalar(select(Progress.data_through))
        left = "select count(*) from pg_namespace where nspname = 'rebuilding'"
        assert await session.scalar(text(left)) == 0


async def test_a_wrong_row_is_right_after_a_rebuild_and_life_goes_on_from_there(
    service: ServiceUnderTest, market: Any
) -> None:
    bodies = market.story.bodies
    await service.deliver(SUBSCRIPTION, bodies)
    told = await print_of(service)
    async with service.database.transaction(by_system("test")) as session:
        await session.execute(update(Deal).values(amount=1))
    await rebuild(service.database, [])  # the log alone is enough
    assert await print_of(service) == told
    deal = next(deal for deal in market.deals if deal.status == "open")
    market.story.win(deal.id, "2026-11-20", name="Late gain")
    await service.deliver(SUBSCRIPTION, market.story.bodies[-1:])
    async with service.database.reading() as session:
        row = (await session.scalars(select(Deal).where(Deal.id == deal.id))).one()
    assert row.status == "won"


async def test_what_is_said_during_a_rebuild_is_in_it(
    service: ServiceUnderTest, market: Any
) -> None:
    """A8: the source's last page waits until the live side has heard half of the story."""
    bodies, half = market.story.bodies, len(market.story.bodies) // 2
    await service.deliver(SUBSCRIPTION, bodies[:half])
    reading, heard = asyncio.Event(), asyncio.Event()
    log = [envelope for logs in market.story.logs.values() for envelope in logs][: half // 2]

    async def slow(after_seq: int) -> str:
        if after_seq:
            return entries([])
        reading.set()
        await heard.wait()
        return entries(log)

    async with asyncio.TaskGroup() as both:
        both.create_task(rebuild(service.database, [slow]))
        await reading.wait()
        with pytest.raises(Conflict):
            await rebuild(service.database, [])
        await service.deliver(SUBSCRIPTION, bodies[half:])
        heard.set()
    rebuilt = await print_of(service)
    await rebuild(service.database, [source(log) for log in market.story.logs.values()])
    assert await print_of(service) == rebuilt


async def test_events_arriving_all_the_time_are_neither_lost_nor_doubled(
    service: ServiceUnderTest, make_market: Any
) -> None:
    """A8: rebuilds beside a consumer that never stops."""
    bodies = make_market(5, 200).story.bodies

    async def consume() -> None:
        for start in range(0, len(bodies), 50):
            await service.deliver(SUBSCRIPTION, bodies[start : start + 50])

    async with asyncio.TaskGroup() as both:
        consuming = both.create_task(consume())
        while not consuming.done():
            await rebuild(service.database, [])
    told = await print_of(service)
    await rebuild(service.database, [])
    assert await print_of(service) == told


async def test_a_source_that_fails_changes_nothing_and_the_next_rebuild_works(
    service: ServiceUnderTest, market: Any
) -> None:
    await service.deliver(SUBSCRIPTION, market.story.bodies)
    told = await print_of(service)

    async def broken(after_seq: int) -> str:
        raise Unavailable("the service is away")

    with pytest.raises(Unavailable):
        await rebuild(service.database, [source(market.story.logs["deals"]), broken])
    assert await print_of(service) == told
    await rebuild(service.database, [source(log) for log in market.story.logs.values()])
    assert await print_of(service) == told


@pytest.mark.parametrize(
    "damage",
    [
        {"id": None},
        {"subject": "deal/7"},
        {"type": "deals.deal.created"},
        {"source": "crm:deals"},
        {"time": "soon"},
        {"aggregateversion": "first"},
        {"data": None},
    ],
)
async def test_a_log_that_is_not_one_of_ours_changes_nothing(
    service: ServiceUnderTest, story: Any, damage: dict[str, Any]
) -> None:
    story.deal()
    story.deal()
    await service.deliver(SUBSCRIPTION, story.bodies[:1])
    told = await print_of(service)
    with pytest.raises(DBAPIError):
        await rebuild(service.database, [source([story.logs["deals"][1] | damage])])
    assert await print_of(service) == told


async def test_an_event_that_could_not_be_applied_stays_out_of_a_rebuild(
    service: ServiceUnderTest, story: Any
) -> None:
    """EVT-005: it waits in failed_event, and a rebuild does not stumble over it."""
    story.deal()
    story.deal()
    story.logs["deals"][1]["data"]["amount"]["amount"] = "a lot"
    bodies = [orjson.dumps(envelope) for envelope in story.logs["deals"]]
    await delivery.deliver(service.database, SUBSCRIPTION, bodies)
    told = await print_of(service)
    assert await rebuild(service.database, [source(story.logs["deals"])]) == 2
    assert await print_of(service) == told


async def test_a_service_s_log_is_read_over_http_and_in_process_alike(
    service: ServiceUnderTest, story: Any
) -> None:
    """EVT-009; the service stands in for any other: all have the same internal path."""
    story.deal()
    story.deal()
    async with service.database.transaction(by_system("test")) as session:
        for seq, envelope in enumerate(story.logs["deals"], 1):
            kind, _, aggregate_id = envelope["subject"].partition("/")
            row = {
                "event_id": uuid7(),
                "aggregate_type": kind,
                "aggregate_id": aggregate_id,
                "aggregate_version": 1,
                "topic": "deals.deal.created",
                "envelope": envelope,
                "seq": seq,
            }
            await session.execute(log_table.insert().values(row))
    claims = {"sub": "svc:analytics", "kind": "system", "rights": {}}
    async with service.client() as client:
        http = over_http(client, lambda: service.signer.sign(claims, audience="analytics"))
        direct = in_process(service.database)
        assert orjson.loads(await http(0)) == orjson.loads(await direct(0))
        assert orjson.loads(await direct(0)) == orjson.loads(entries(story.logs["deals"]))
        assert await http(2) == await direct(2) == entries([])
        refused = over_http(client, lambda: "forged")
        with pytest.raises(Unavailable):
            await refused(0)
