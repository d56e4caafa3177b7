"""What services answer to each other and to operators: their log, and events that failed here."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import select, text

from chassis import failed_events
from chassis.failed_events import Failure
from chassis.origin import by_system
from chassis.tables import failed_event
from chassis.testing.ledger.books import book_amount, open_account
from chassis.testing.service import Actor, ServiceUnderTest
from kernel.ids import uuid7

Json = dict[str, Any]
USER = Actor({"account.view": "all", "account.add": "all"})


@pytest_asyncio.fixture(loop_scope="session")
async def other(ledger: ServiceUnderTest) -> AsyncIterator[httpx2.AsyncClient]:
    """Call as another service of the suite."""
    token = ledger.signer.sign({"sub": "svc:mirror", "kind": "system"}, audience="ledger")
    async with ledger.client() as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


async def _book(ledger: ServiceUnderTest, bookings: int) -> None:
    """Say one event for the account and one for each booking, numbered as a relay would."""
    async with ledger.database.transaction(by_system("test")) as session:
        account = await open_account(session, "Cash")
    for amount in range(bookings):
        async with ledger.database.transaction(by_system("test")) as session:
            await book_amount(session, account.id, amount)
    async with ledger.database.transaction(by_system("test")) as session:
        await session.execute(text("update event_log set seq = id"))


async def test_the_event_log_is_read_page_by_page_in_order(
    ledger: ServiceUnderTest, other: httpx2.AsyncClient
) -> None:
    """EVT-009."""
    await _book(ledger, 4)
    read: list[Json] = []
    while page := (await other.get(f"/internal/event-log?after_seq={len(read)}&limit=2")).json():
        assert len(page) <= 2
        read += page
    assert [row["seq"] for row in read] == [1, 2, 3, 4, 5]
    assert [row["envelope"]["aggregateversion"] for row in read] == [1, 2, 3, 4, 5]
    assert (await other.get("/internal/event-log")).json() == read
    async with ledger.database.transaction(by_system("test")) as session:
        await session.execute(text("update event_log set seq = null where seq > 3"))
    assert len((await other.get("/internal/event-log")).json()) == 3  # what has no number waits


@pytest.mark.parametrize("query", ["limit=1001", "limit=0", "after_seq=-1", "after_seq=x"])
async def test_the_event_log_has_pages_of_a_thousand_at_most(
    other: httpx2.AsyncClient, query: str
) -> None:
    """EVT-009."""
    assert (await other.get(f"/internal/event-log?{query}")).status_code == 422


async def _failed(ledger: ServiceUnderTest) -> dict[str, str]:
    """Let one event wait for its retry and park another; answers their ids by error."""
    failures = [
        Failure(uuid7(), "mirror.thing.made", b"{}", "waits"),
        Failure(uuid7(), None, b"?", "parked", parked=True),
    ]
    async with ledger.database.transaction(by_system("test")) as session:
        await failed_events.store(session, "ledger.test", failures, 3600)
    async with ledger.database.reading() as session:
        rows = await session.execute(select(failed_event.c.error, failed_event.c.id))
        return {row.error: str(row.id) for row in rows}


async def test_failed_events_are_listed_replayed_and_dropped(
    ledger: ServiceUnderTest, other: httpx2.AsyncClient
) -> None:
    """EVT-005."""
    ids = await _failed(ledger)
    path = "/internal/failed-events"
    listed = (await other.get(path)).json()
    assert {row["error"]: (row["state"], row["attempts"]) for row in listed} == {
        "waits": ("waiting", 3),
        "parked": ("parked", 0),
    }
    (parked,) = (await other.get(f"{path}?state=parked")).json()
    assert parked["id"] == ids["parked"]
    assert (await other.post(f"{path}/{ids['parked']}/replay")).status_code == 204
    assert (await other.post(f"{path}/{ids['waits']}/drop")).status_code == 204
    states = {row["error"]: row["state"] for row in (await other.get(path)).json()}
    assert states == {"waits": "dropped", "parked": "waiting"}
    again = await other.post(f"{path}/{ids['waits']}/replay")
    assert (again.status_code, again.json()["code"]) == (409, "event_settled")
    assert (await other.post(f"{path}/{uuid7()}/drop")).status_code == 404
    assert (await other.get(f"{path}?state=lost")).status_code == 422


async def test_nobody_but_services_reads_or_settles_anything(ledger: ServiceUnderTest) -> None:
    """EVT-005, EVT-009, GAT-027: neither users nor visitors, nor who has a token for another."""
    ids = await _failed(ledger)
    foreign = ledger.signer.sign({"sub": "svc:mirror", "kind": "system"}, audience="mirror")
    calls = [
        ("GET", "/internal/event-log"),
        ("GET", "/internal/failed-events"),
        ("POST", f"/internal/failed-events/{ids['parked']}/replay"),
        ("POST", f"/internal/failed-events/{ids['parked']}/drop"),
    ]
    async with ledger.client() as nobody, ledger.client(USER) as user:
        for method, path in calls:
            bearer = {"Authorization": f"Bearer {foreign}"}
            answers = [
                await nobody.request(method, path),
                await user.request(method, path),
                await nobody.request(method, path, headers=bearer),
            ]
            assert [answer.status_code for answer in answers] == [401, 401, 401], path
    async with ledger.database.reading() as session:
        states = await session.scalars(select(failed_event.c.state))
        assert sorted(states) == ["parked", "waiting"]
