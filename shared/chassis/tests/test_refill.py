"""Replicas are filled anew from the owner's log while events come in (GAT-021, EVT-009).

The owner is the ledger. The mirror keeps a copy of each account beside its bookings, which show
whether an act was repeated: it books whatever it hears, and says so.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import func, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from chassis import delivery
from chassis.database import Database, Table, new_metadata
from chassis.event_log import emit
from chassis.log_sources import EventSource, LoggedPage, in_process
from chassis.origin import by_system
from chassis.refill import Refilled, owners_of, refill
from chassis.replicas import keep
from chassis.settings import ChassisSettings
from chassis.subscriptions import Heard, Subscription
from chassis.testing.ledger.books import MIGRATIONS, book_amount, open_account
from chassis.testing.ledger.contract import AccountOpened, AmountBooked, BookingMirrored
from chassis.testing.ledger.mirror import IndigestibleError, new_mirror
from chassis.testing.plugin import NewDatabase
from kernel.errors import Conflict, Unavailable
from kernel.ids import uuid7

Row = tuple[str, int, int]


class KnownAccount(Table):
    """A copy of an account: two events tell a part of it each."""

    __tablename__ = "known_account"
    metadata = new_metadata()

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    last_amount: Mapped[int]


BLANK = {"name": "", "last_amount": 0}
TABLE = "create table known_account (id uuid primary key, version bigint not null,"
TABLE += " name text not null, last_amount bigint not null)"
SNAPSHOT = "select name, last_amount, version from known_account order by name"
DAMAGE = text("update known_account set name = 'wrong', last_amount = -1 where id = :id")
LOSE = text("delete from known_account where id = :id")
HOLD = text("update known_account set name = name where id = :id")
IS_WAITING = "select exists (select from pg_locks where not granted)"


def new_listener() -> Subscription:
    """Make a mirror that keeps copies, too."""
    listener = new_mirror()
    listener.replicas = (KnownAccount,)

    @listener.keeps(AccountOpened)
    async def know_account(session: AsyncSession, heard: Heard[AccountOpened]) -> None:
        await keep(session, heard, KnownAccount, {"name": heard.event.name}, BLANK)

    @listener.keeps(AmountBooked)
    async def know_amount(session: AsyncSession, heard: Heard[AmountBooked]) -> None:
        await keep(session, heard, KnownAccount, {"last_amount": heard.event.amount}, BLANK)
        if heard.event.poison:
            raise IndigestibleError(heard.envelope.id)

    return listener


@dataclass
class Pair:
    """The ledger and its mirror; the test decides when an event is heard."""

    ledger: Database
    mirror: Database
    listener: Subscription = field(default_factory=new_listener)
    heard: int = 0

    async def open(self, name: str, *amounts: int) -> UUID:
        """Open an account and book amounts on it."""
        async with self.ledger.transaction(by_system("test")) as session:
            account = await open_account(session, name)
        for amount in amounts:
            await self.book(account.id, amount)
        return account.id

    async def book(self, account_id: UUID, amount: int, *, poison: bool = False) -> None:
        """Book an amount on an account."""
        async with self.ledger.transaction(by_system("test")) as session:
            await book_amount(session, account_id, amount, poison=poison)

    async def number(self) -> None:
        """Give what was said its place in the log, as the relay does."""
        async with self.ledger.transaction(by_system("test")) as session:
            await session.execute(text("update event_log set seq = id where seq is null"))

    async def listen(self) -> None:
        """Let the mirror hear what it has not heard yet."""
        await self.number()
        entries = orjson.loads(await in_process(self.ledger)(self.heard))
        bodies = [orjson.dumps(entry["envelope"]) for entry in entries]
        await delivery.deliver(self.mirror, self.listener, bodies)
        self.heard += len(entries)

    async def refill(self, source: EventSource | None = None) -> Refilled:
        """Fill the mirror's copies anew."""
        sources = {"ledger": source or in_process(self.ledger)}
        return await refill(self.mirror, self.listener, sources)

    async def tell(self, statement: Any, **values: Any) -> None:
        """Change the mirror's database behind its back."""
        async with self.mirror.transaction(by_system("test")) as session:
            await session.execute(statement, values)

    async def copies(self) -> list[Row]:
        """Answer the copies: name, last amount and version."""
        async with self.mirror.reading() as session:
            return [(*row,) for row in await session.execute(text(SNAPSHOT))]

    async def acts(self) -> tuple[int, ...]:
        """Answer how often the mirror did something: bookings, events said, failures."""
        tables = table("booking"), table("event_log"), table("failed_event")
        counts = [select(func.count()).select_from(each) for each in tables]
        async with self.mirror.reading() as session:
            return tuple([(await session.scalars(count)).one() for count in counts])


@pytest_asyncio.fixture(loop_scope="session")
async def pair(new_database: NewDatabase) -> AsyncIterator[Pair]:
    """Make both services."""
    databases: dict[str, Database] = {}
    for service in ("ledger", "mirror"):
        settings = ChassisSettings(database_url=await new_database(service, MIGRATIONS))
        databases[service] = Database(settings.database_of(service), service)
    pair = Pair(databases["ledger"], databases["mirror"])
    await pair.tell(text(TABLE))
    yield pair
    for database in databases.values():
        await database.close()


async def test_what_is_lost_damaged_or_outdated_is_put_right_and_no_act_repeated(
    pair: Pair,
) -> None:
    lost, damaged = await pair.open("A", 1, 2), await pair.open("B", 3)
    outdated, right = await pair.open("C", 4, 5), await pair.open("D")
    assert right
    await pair.listen()
    good, acts = await pair.copies(), await pair.acts()
    await pair.tell(LOSE, id=lost)
    await pair.tell(DAMAGE, id=damaged)
    await pair.tell(text("update known_account set version = 2 where id = :id"), id=outdated)
    done = await pair.refill()
    assert await pair.copies() == good == [("A", 2, 3), ("B", 3, 2), ("C", 5, 3), ("D", 0, 1)]
    assert (done.records, done.failed, done.ahead) == (3, [], [])
    assert [(log.read, log.applied) for log in done.logs.values()] == [(9, 9)]
    assert await pair.acts() == acts == (5, 5, 0)
    assert (await pair.refill()).records == 0
    await pair.listen()  # nothing is left to hear
    async with pair.mirror.reading() as session:
        left = "select count(*) from pg_namespace where nspname = 'refilling'"
        assert await session.scalar(text(left)) == 0


async def test_a_service_that_listens_late_knows_what_was_said_before(pair: Pair) -> None:
    early = await pair.open("Early", 1, 2)
    await pair.number()
    pair.heard = 3  # the queue is bound now
    await pair.book(early, 9)
    await pair.listen()
    assert await pair.copies() == [("", 9, 4)]
    await pair.refill()
    assert await pair.copies() == [("Early", 9, 4)]
    assert await pair.acts() == (1, 1, 0)  # what came before it listened is not acted upon


@pytest.mark.parametrize("page", [0, 1], ids=["while it reads", "when it has read all"])
async def test_what_is_heard_during_a_refill_is_kept_and_completed(pair: Pair, page: int) -> None:
    """EVT-004: of a record that was lost the live side hears the latest change only."""
    account, other = await pair.open("A", 1, 2), await pair.open("B", 7)
    await pair.listen()
    await pair.tell(LOSE, id=account)
    pages: list[LoggedPage] = []

    async def source(after_seq: int) -> LoggedPage:
        found = await in_process(pair.ledger)(after_seq)
        pages.append(found)
        if len(pages) == page + 1:
            await pair.book(account, 33)
            await pair.book(other, 44)
            await pair.listen()
            assert ("", 33, 4) in await pair.copies()
        return found

    done = await pair.refill(source)
    assert await pair.copies() == [("A", 33, 4), ("B", 44, 3)]
    assert (done.ahead, await pair.acts()) == ([], (5, 5, 0))
    assert len(pages) > page + 1


async def test_an_event_that_cannot_be_applied_is_told_and_its_record_left_alone(
    pair: Pair,
) -> None:
    bad, good, future = await pair.open("Bad"), await pair.open("Good", 5), await pair.open("New")
    await pair.listen()
    await pair.book(bad, 6, poison=True)
    await pair.number()
    for account in (bad, good):
        await pair.tell(DAMAGE, id=account)
    later = {"id": future, "type": '"crm.ledger.account.opened.v9"'}
    async with pair.ledger.transaction(by_system("test")) as session:
        changed = "update event_log set envelope = jsonb_set(envelope, '{type}', cast(:type as"
        await session.execute(text(f"{changed} jsonb)) where aggregate_id = :id"), later)
    done = await pair.refill()
    assert await pair.copies() == [("Good", 5, 2), ("New", 0, 1), ("wrong", -1, 1)]
    assert {(failed.topic, failed.record_id) for failed in done.failed} == {
        ("ledger.account.booked", bad),
        ("ledger.account.opened", future),
    }
    assert {failed.error.split(":")[0] for failed in done.failed} == {
        "IndigestibleError", "UnknownVersion",
    }  # fmt: skip
    assert [(log.read, log.applied) for log in done.logs.values()] == [(5, 3)]
    assert await pair.acts() == (1, 1, 0)


async def test_a_record_that_is_ahead_of_its_owners_log_is_told_and_kept(pair: Pair) -> None:
    """GAT-085: as after the owner's database was put back."""
    account = await pair.open("A", 1)
    await pair.listen()
    await pair.tell(text("update known_account set version = 8, name = 'Z'"))
    done = await pair.refill()
    assert done.ahead == [account]
    assert await pair.copies() == [("Z", 1, 8)]


async def test_live_events_go_first_when_a_refill_stands_in_their_way(pair: Pair) -> None:
    """The refill holds one record and waits for another, which waits for the first."""
    first, second = sorted([await pair.open("A", 1), await pair.open("B", 2)])
    await pair.listen()
    for account in (first, second):
        await pair.tell(DAMAGE, id=account)
    async with pair.mirror.transaction(by_system("test")) as live:
        await live.execute(HOLD, {"id": second})
        async with asyncio.TaskGroup() as tasks:
            filling = tasks.create_task(pair.refill())
            async with asyncio.timeout(20):
                while not await live.scalar(text(IS_WAITING)):
                    await asyncio.sleep(0.01)
            await live.execute(HOLD, {"id": first})
            assert not filling.done()
            await live.commit()
    assert filling.result().records == 2
    assert await pair.copies() == [("A", 1, 2), ("B", 2, 2)]


async def test_a_handler_that_says_something_keeps_more_than_a_copy(pair: Pair) -> None:
    await pair.open("A")
    await pair.number()
    talking = Subscription("mirror", "bookings", replicas=(KnownAccount,))

    @talking.keeps(AccountOpened)
    async def answer(session: AsyncSession, heard: Heard[AccountOpened]) -> None:
        emit(session, BookingMirrored(booking_id=uuid7(), account_id=heard.event.account_id), 1)

    with pytest.raises(RuntimeError, match="more with an event than keep a copy"):
        await refill(pair.mirror, talking, {"ledger": in_process(pair.ledger)})
    assert await pair.acts() == (0, 0, 0)


async def test_a_log_that_does_not_answer_changes_nothing_and_two_refills_do_not_mix(
    pair: Pair,
) -> None:
    account = await pair.open("A", 1)
    await pair.listen()
    await pair.tell(DAMAGE, id=account)
    tried: list[str] = []

    async def broken(after_seq: int) -> LoggedPage:
        if after_seq == 0:
            return await in_process(pair.ledger)(after_seq)
        with pytest.raises(Conflict) as refused:
            await pair.refill()
        tried.append(refused.value.code)
        raise Unavailable("The ledger answers 503.")

    with pytest.raises(Unavailable):
        await pair.refill(broken)
    assert tried == ["refill_running"]
    assert await pair.copies() == [("wrong", -1, 2)]
    await pair.refill()
    assert await pair.copies() == [("A", 1, 2)]


def test_the_owners_are_those_whose_records_are_kept() -> None:
    assert owners_of(new_listener()) == ["ledger"]
    assert owners_of(new_mirror()) == []
