"""The HTTP edge: every failure is a clear answer, and nothing is stored by a refused call."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import insert

from chassis import audit
from chassis.origin import by_system
from chassis.postgres import Server
from chassis.tables import idempotency_key
from chassis.testing.service import Actor, ServiceUnderTest

BOOKKEEPER = Actor({"account.view": "all", "account.add": "all"})
JSON = {"Content-Type": "application/json"}
READER = Actor({"account.view": "all"})


async def test_a_created_record_answers_201_with_location_and_says_its_event(
    ledger: ServiceUnderTest,
) -> None:
    async with ledger.client(BOOKKEEPER) as client:
        answer = await client.post("/v1/accounts", json={"name": "Cash"})
        assert answer.status_code == 201, answer.text
        again = await client.get(answer.headers["Location"])
    assert again.json()["name"] == "Cash"
    assert again.headers["ETag"] == '"1"'
    (opened,) = await ledger.said("ledger.account.opened")
    assert (opened.actor, opened.aggregateversion) == (str(BOOKKEEPER.user_id), 1)
    (entry,) = await ledger.said("ledger.audit.recorded")
    assert entry.data["changes"] == [{"field": "name", "old": None, "new": "Cash"}]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"name": "Cash"', 400, "json_invalid"),
        (b"", 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b'{"name": "\xff"}', 400, "json_invalid"),
        (b'{"name": "a\\u0000b"}', 422, "invalid"),
        (b'{"name": "\\ud800"}', 400, "json_invalid"),
        (b"[" * 200_000, 400, "json_invalid"),
        (b'{"name": "a", "name": "b"}', 400, "json_invalid"),
        (b'{"name": "a", "is_admin": true}', 422, "invalid"),
        (b'{"name": "a", "balance": NaN}', 400, "json_invalid"),
        (b'{"name": "a", "balance": 1e400}', 400, "json_invalid"),
        (b'{"name": "a", "balance": true}', 422, "invalid"),
        (b'{"name": "a", "balance": 1.0}', 422, "invalid"),
        (b'{"name": "a", "balance": "5"}', 422, "invalid"),
        (b'{"name": "a", "balance": 100000000000000000000}', 422, "invalid"),
        (b'{"name": "a", "balance": %s}' % (b"9" * 5000), 400, "json_invalid"),
        (b'{"name": "  "}', 422, "invalid"),
        (b'{"name": "\xe2\x80\x8b"}', 422, "invalid"),
        (b'{"name": "refused"}', 422, "invalid"),
    ],
)
async def test_bad_input_is_refused_and_stores_nothing(
    ledger: ServiceUnderTest, body: bytes, status: int, code: str
) -> None:
    async with ledger.client(BOOKKEEPER) as client:
        answer = await client.post(
            "/v1/accounts", content=body, headers={"Content-Type": "application/json"}
        )
        listed = await client.get("/v1/accounts")
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert listed.json()["items"] == []
    assert await ledger.said() == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/xml"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
async def test_a_body_that_is_not_json_answers_415(
    ledger: ServiceUnderTest, headers: dict[str, str]
) -> None:
    async with ledger.client(BOOKKEEPER) as client:
        answer = await client.post("/v1/accounts", content=b'{"name": "a"}', headers=headers)
    assert answer.status_code == 415, answer.text


async def _endless() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield b" " * 100_000


async def test_a_body_over_the_limit_answers_413(ledger: ServiceUnderTest) -> None:
    async with ledger.client(BOOKKEEPER) as client:
        announced = await client.post("/v1/accounts", json={"name": "a" * 2_000_000})
        counted = await client.post("/v1/accounts", content=_endless(), headers=JSON)
    for answer in (announced, counted):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert await ledger.said() == []


async def test_a_crash_answers_a_problem_without_a_trace_and_stores_nothing(
    ledger: ServiceUnderTest,
) -> None:
    async with ledger.client(BOOKKEEPER) as client:
        answer = await client.post("/v1/accounts", json={"name": "broken"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "on purpose" not in answer.text
    assert await ledger.said() == []


async def test_no_login_answers_401_and_a_missing_right_403(ledger: ServiceUnderTest) -> None:
    async with ledger.client() as nobody, ledger.client(READER) as reader:
        assert (await nobody.get("/v1/accounts")).status_code == 401
        assert (await nobody.post("/v1/accounts", content=b"[")).status_code in (400, 401)
        refused = await reader.post("/v1/accounts", json={"name": "Cash"})
    assert refused.status_code == 403
    assert await ledger.said() == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=201", 422),
        ("limit=1000000000", 422),
        ("sort=secret", 422),
        ("colour=red", 422),
        ("limit=1&limit=2", 422),
        ("cursor=forged", 400),
        ("name=%00", 422),
        ("name=%ED%A0%80", 400),
    ],
)
async def test_bad_parameters_are_refused(
    ledger: ServiceUnderTest, query: str, status: int
) -> None:
    async with ledger.client(READER) as client:
        answer = await client.get(f"/v1/accounts?{query}")
    assert answer.status_code == status, answer.text


async def test_a_stale_if_match_answers_412_and_exactly_one_of_two_writers_wins(
    ledger: ServiceUnderTest,
) -> None:  # GAT-003
    async with ledger.client(BOOKKEEPER) as client:
        made = await client.post("/v1/accounts", json={"name": "Cash"})
        path = f"{made.headers['Location']}/book?amount=5"
        both = await asyncio.gather(
            *(client.post(path, headers={"If-Match": '"1"'}) for _ in range(2))
        )
        account = (await client.get(made.headers["Location"])).json()
    assert sorted(answer.status_code for answer in both) == [200, 412]
    assert (account["balance"], account["version"]) == (5, 2)


async def test_fifty_equal_posts_with_one_key_do_it_once_and_answer_alike(
    ledger: ServiceUnderTest,
) -> None:  # GAT-004
    headers = {"Idempotency-Key": "order-1"}
    async with ledger.client(BOOKKEEPER) as client:
        answers = await asyncio.gather(
            *(client.post("/v1/accounts", json={"name": "A"}, headers=headers) for _ in range(50))
        )
        other = await client.post("/v1/accounts", json={"name": "B"}, headers=headers)
        long = await client.post(
            "/v1/accounts", json={"name": "B"}, headers={"Idempotency-Key": "k" * 256}
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert other.json()["code"] == "idempotency_key_reused"
    assert long.status_code == 422
    assert len(await ledger.said()) == 1


async def test_a_key_belongs_to_one_caller_and_one_path(ledger: ServiceUnderTest) -> None:
    """GAT-004."""
    headers = {"Idempotency-Key": "k" * 255}
    other = Actor(BOOKKEEPER.rights)
    async with ledger.client(BOOKKEEPER) as client, ledger.client(other) as stranger:
        mine = await client.post("/v1/accounts", json={"name": "A"}, headers=headers)
        theirs = await stranger.post("/v1/accounts", json={"name": "A"}, headers=headers)
        path = f"{mine.headers['Location']}/book"
        booked = [await client.post(f"{path}?amount=5", headers=headers) for _ in range(2)]
        account = (await client.get(mine.headers["Location"])).json()
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]
    assert [answer.json()["balance"] for answer in booked] == [5, 5]
    assert (account["balance"], account["version"]) == (5, 2)


async def test_a_key_whose_first_call_still_runs_answers_409(ledger: ServiceUnderTest) -> None:
    """GAT-004: the first call is one that holds the key and does not end."""
    claim = {
        "key": "k",
        "actor": str(BOOKKEEPER.user_id),
        "path": "/v1/accounts",
        "body_hash": b"",
    }
    async with ledger.client(BOOKKEEPER) as client:
        async with ledger.database.transaction(by_system("test")) as session:
            await session.execute(insert(idempotency_key), claim)
            answer = await client.post(
                "/v1/accounts", json={"name": "A"}, headers={"Idempotency-Key": "k"}
            )
        assert (await client.get("/v1/accounts")).json()["items"] == []
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert await ledger.said() == []


@pytest.mark.parametrize("sort", ["name", "-name", "note", "-note", "id"])
async def test_pages_show_every_row_once_while_rows_are_added(
    ledger: ServiceUnderTest, sort: str
) -> None:  # GAT-005
    async with ledger.client(BOOKKEEPER) as client:
        for number in range(7):
            await client.post("/v1/accounts", json={"name": f"n{number}"})
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await client.get(f"/v1/accounts?limit=2&sort={sort}{cursor}")).json()
            seen += [item["name"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
            await client.post("/v1/accounts", json={"name": f"later{len(seen)}"})
        counted = (await client.get("/v1/accounts?limit=1&count=true")).json()["total"]
    first = [name for name in seen if name.startswith("n")]
    assert sorted(first) == [f"n{number}" for number in range(7)]
    assert len(seen) == len(set(seen))
    assert counted >= 7


async def test_a_cursor_is_good_for_its_own_list_only(ledger: ServiceUnderTest) -> None:
    async with ledger.client(BOOKKEEPER) as client:
        for number in range(3):
            await client.post("/v1/accounts", json={"name": f"n{number}"})
        cursor = (await client.get("/v1/accounts?limit=1")).json()["next_cursor"]
        other = await client.get(f"/v1/accounts?limit=1&sort=-name&cursor={cursor}")
    assert (other.status_code, other.json()["code"]) == (400, "cursor_invalid")


async def test_health_and_metrics_need_no_login_and_internal_paths_do(
    ledger: ServiceUnderTest,
) -> None:  # GAT-027, GAT-082
    async with ledger.client() as nobody, ledger.client(BOOKKEEPER) as user:
        assert (await nobody.get("/health/live")).status_code == 200
        assert (await nobody.get("/health/ready")).status_code == 200
        assert "rapport_http_requests_total" in (await nobody.get("/metrics")).text
        assert (await nobody.get("/internal/event-log")).status_code == 401
        assert (await user.get("/internal/event-log")).status_code == 401


async def test_a_database_that_is_away_answers_503_and_comes_back(
    ledger: ServiceUnderTest, postgres: Server
) -> None:  # B5
    admin = await asyncpg.connect(postgres.dsn)
    name = ledger.database.url.database
    async with ledger.client(READER) as client:
        assert (await client.get("/v1/accounts")).status_code == 200
        await admin.execute(f'alter database "{name}" allow_connections false')
        await admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name
        )
        away = await client.get("/v1/accounts")
        await admin.execute(f'alter database "{name}" allow_connections true')
        back = await client.get("/v1/accounts")
    await admin.close()
    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    assert away.headers["Retry-After"] == "5"
    assert back.status_code == 200


async def test_a_slash_too_many_is_another_address(ledger: ServiceUnderTest) -> None:
    async with ledger.client(READER) as client:
        assert (await client.get("/v1/accounts/")).status_code in (404, 422)


async def test_a_timeline_is_paged_and_its_cursor_fits_nobody_else(
    ledger: ServiceUnderTest,
) -> None:  # GAT-001, GAT-005, GAT-017
    async with ledger.client(BOOKKEEPER) as client, ledger.client(READER) as reader:
        made = await client.post("/v1/accounts", json={"name": "Cash"})
        timeline = f"{made.headers['Location']}/timeline"
        async with ledger.database.transaction(by_system("test")) as session:
            audit.record(session, "account", UUID(made.json()["id"]), "closed", {})
        first = (await client.get(f"{timeline}?limit=1")).json()
        rest = f"{timeline}?limit=1&cursor={first['next_cursor']}"
        second, refused = await client.get(rest), await reader.get(rest)
    assert [entry["action"] for entry in first["items"]] == ["closed"]
    assert [entry["action"] for entry in second.json()["items"]] == ["opened"]
    assert second.json()["next_cursor"] is None
    assert (refused.status_code, refused.json()["code"]) == (400, "cursor_invalid")
