"""Whatever is delivered, in whatever order and however often, the facts come out the same."""

import random
from datetime import datetime
from itertools import pairwise
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import delete, func, select, text

from analytics.commands.facts import apply_events
from analytics.consumers import SUBSCRIPTION
from analytics.models.base import Base
from analytics.models.facts import Deal, Letter, StageStay
from analytics.models.log import LoggedEvent
from analytics.models.star import STAR
from analytics.queries.fingerprint import fingerprint
from chassis import delivery
from chassis.origin import by_system
from chassis.testing.service import ServiceUnderTest
from contracts.event import Envelope
from kernel import clock
from kernel.ids import uuid7

TABLES: tuple[type[Base], ...] = (LoggedEvent, *STAR)


async def print_of(service: ServiceUnderTest) -> str:
    async with service.database.reading() as session:
        return await fingerprint(session)


async def apply(service: ServiceUnderTest, batches: list[list[bytes]]) -> str:
    """Apply batches without the inbox, whose memory is shorter than the log's; begins anew."""
    async with service.database.transaction(by_system("test")) as session:
        for table in TABLES:
            await session.execute(delete(table))
    for batch in batches:
        envelopes = [Envelope.model_validate_json(body) for body in batch]
        async with service.database.transaction(by_system("test")) as session:
            await apply_events(session, envelopes)
    return await print_of(service)


def deliveries(number: int) -> some.SearchStrategy[list[list[int]]]:
    """Make any deal of the numbers into batches: shuffled, some more than once, none left out."""
    repeated = some.lists(some.integers(0, number - 1), max_size=number)
    shuffled = repeated.flatmap(lambda more: some.permutations([*range(number), *more]))
    cuts = some.lists(some.integers(0, number), max_size=6)
    return some.tuples(shuffled, cuts).map(lambda both: cut(*both))


def cut(numbers: list[int], places: list[int]) -> list[list[int]]:
    edges = [0, *sorted(places), len(numbers)]
    batches = [numbers[start:end] for start, end in pairwise(edges)]
    return [batch for batch in batches if batch]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches=deliveries(26), seed=some.integers(0, 3))
async def test_any_order_repetition_and_batching_give_the_same_facts(
    service: ServiceUnderTest, make_market: Any, batches: list[list[int]], seed: int
) -> None:
    """ANA-005, EVT-003, EVT-004; reliability A4."""
    lives = make_market(seed, 12).story.bodies[-26:]  # of deals, lines and payments
    told = await apply(service, [lives])
    heard = await apply(service, [[lives[place] for place in batch] for batch in batches])
    assert heard == told


async def test_everything_twice_and_shuffled_gives_the_same_facts_and_one_log(
    service: ServiceUnderTest, market: Any
) -> None:
    """ANA-001, ANA-005; reliability A3."""
    bodies = market.story.bodies
    told = await apply(service, [bodies])
    async with service.database.transaction(by_system("test")) as session:
        for table in TABLES:
            await session.execute(delete(table))
    twice = [*bodies, *bodies]
    random.Random(7).shuffle(twice)  # noqa: S311 - a shuffle, not a secret
    for start in range(0, len(twice), 97):
        await service.deliver(SUBSCRIPTION, twice[start : start + 97])
    assert await print_of(service) == told
    async with service.database.reading() as session:
        logged = await session.scalar(select(func.count()).select_from(LoggedEvent))
    assert logged == len(bodies)


async def test_a_row_of_the_log_says_what_was_said(service: ServiceUnderTest, story: Any) -> None:
    """ANA-001: type, time, actor, aggregate, version and data; entries of the audit too."""
    deal_id = story.deal()
    story.say(
        "deals.audit.recorded",
        entry_id=deal_id,
        record={"kind": "deal", "id": deal_id},
        action="created",
        way="web",
        actor="somebody",
        changes=(),
        at="2026-11-20T10:00:00Z",
    )
    created, entry = (orjson.loads(body) for body in story.bodies)
    await service.deliver(SUBSCRIPTION, story.bodies)
    async with service.database.reading() as session:
        rows = {row.topic: row for row in await session.scalars(select(LoggedEvent))}
    row = rows["deals.deal.created"]
    assert str(row.event_id) == created["id"]
    assert (row.service, row.aggregate_type, row.aggregate_id) == ("deals", "deal", deal_id)
    assert (row.version, row.actor, row.actor_kind) == (1, "test", "system")
    assert row.at == datetime.fromisoformat(created["time"])
    assert row.data == created["data"]
    assert rows["deals.audit.recorded"].data == entry["data"]


async def test_an_event_that_cannot_be_folded_fails_alone(
    service: ServiceUnderTest, story: Any
) -> None:
    """EVT-005: the others of its batch are applied, and the log does not keep what failed."""
    story.deal(name="good")
    story.deal(name="bad")
    story.deal(name="good as well")
    bad = orjson.loads(story.bodies[1])
    bad["data"]["amount"]["amount"] = "a lot"
    bodies = [story.bodies[0], orjson.dumps(bad), story.bodies[2]]
    await delivery.deliver(service.database, SUBSCRIPTION, bodies)
    async with service.database.reading() as session:
        names = set(await session.scalars(select(Deal.name)))
        logged = await session.scalar(select(func.count()).select_from(LoggedEvent))
        failed = await session.scalar(text("select count(*) from failed_event"))
    assert (names, logged, failed) == ({"good", "good as well"}, 2, 1)


async def test_what_is_not_created_yet_does_not_count(
    service: ServiceUnderTest, story: Any
) -> None:
    """A late creation is no loss: until it comes the deal is in no figure."""
    deal_id = story.deal()
    story.win(deal_id, story_day := "2026-11-20")
    created, won = story.bodies
    await service.deliver(SUBSCRIPTION, [won])
    async with service.database.reading() as session:
        assert (await session.execute(select(Deal.counts, Deal.status))).one() == (False, "won")
    await service.deliver(SUBSCRIPTION, [created])
    async with service.database.reading() as session:
        deal = (await session.scalars(select(Deal))).one()
    assert (deal.counts, deal.status, deal.version) == (True, "won", 2)
    assert str(deal.closed_on) == story_day


async def test_a_late_move_puts_the_stays_right(service: ServiceUnderTest, story: Any) -> None:
    """ANA-025: stays are rewritten, and one too many is taken away."""
    first, second = (story.define("deals.stage.changed", name) for name in ("New", "Talk"))
    deal_id = story.deal(stage_id=first)
    story.move(deal_id, second, clock.now())
    story.move(deal_id, first, clock.now())
    created, away, back = story.bodies[2:]
    seen = []
    for body in (created, back, away):
        await service.deliver(SUBSCRIPTION, [body])
        async with service.database.reading() as session:
            rows = await session.scalars(select(StageStay).order_by(StageStay.place))
            seen.append([row.stage_id for row in rows])
    assert seen == [[first], [first], [first, second, first]]


async def test_a_letter_is_a_fact(service: ServiceUnderTest, story: Any) -> None:
    """ANA-003: of letters there is no report yet."""
    message_id, deal_id = uuid7(), uuid7()
    at = {"sent_at": clock.now()}
    sender = {"from": {"email": "vera@example.com"}, "to": (), "rfc_id": "r", "subject": "Pumps"}
    flags = {"intake": False, "has_files": False, "mailbox_id": uuid7(), "ticket": "t"}
    story.say("mail.email.received", message_id=message_id, **sender, **flags, **at)
    tie = {"direction": "in", "way": "ticket", "links": ({"kind": "deal", "id": deal_id},)}
    story.say("mail.email.linked", message_id=message_id, at=clock.now(), **tie)
    await service.deliver(SUBSCRIPTION, story.bodies)
    async with service.database.reading() as session:
        letter = (await session.scalars(select(Letter))).one()
    assert (letter.id, letter.counts, letter.version) == (message_id, True, 2)
    assert (letter.direction, letter.ticket, letter.record_ids) == ("in", "t", [deal_id])
    assert (letter.at, str(letter.sent_on)) == (clock.now(), "2026-11-20")
