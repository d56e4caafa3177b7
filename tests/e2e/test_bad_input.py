"""The list of bad input, applied to every call the merged OpenAPI document describes.

Each row is one test; what it sends is made from the schemas, so a new endpoint is tested without a
word here. Nothing may be stored by a refused call and no event said: the rows of every table of
every database, with their contents, are the same before and after.

Where a requirement gives another answer than the list, the requirement is named where the cases
are made: GAT-003 (no If-Match), GAT-022 and GAT-029 (wrong proofs of a login), GAT-040 (users who
cannot be used), INT-014 (blank fields of a form). Rows 24, 28 to 30, 34 to 36, 38 to 48, 50 and 53
to 60 are no matter of one call with JSON.
"""

import math
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx2
import jwt
import psutil
import pytest
from tests.e2e.bad_input import addresses, bodies, every_call, pages, uploads, values
from tests.e2e.bad_input.case import Case
from tests.e2e.bad_input.document import Document
from tests.e2e.bad_input.raw import announce, ask, head, pour
from tests.e2e.bad_input.rows import ROWS, Row, case, named, samples, with_json
from tests.e2e.bad_input.sending import Sender
from tests.e2e.bad_input.stored import Databases, differences
from tests.e2e.bad_input.world import OTHER, World

from chassis.tokens import load_or_make_signer
from kernel.ids import uuid7
from rapport.services import SERVICES
from rapport.testing import ADMIN, PASSWORD, Rapport, running

__all__ = ["addresses", "bodies", "every_call", "pages", "uploads", "values"]

MOST_SHOWN: Final = 60
KIND: Final = 24
"""Characters of an answer by which it is told from another kind."""
TRIES: Final = 20
LARGE: Final = 5_000_000
ENDLESS: Final = 1_000_000_000
MOST_SENT: Final = 20_000_000
"""The largest limit of a JSON body, and what may be under way in sockets when the answer comes."""
MOST_GROWTH: Final = 10_000_000


@dataclass
class Company:
    """A running suite with one record of every kind, and ways to look at it."""

    world: World
    sender: Sender
    databases: Databases
    rapport: Rapport


@pytest.fixture(scope="module")
def suite(data_folder: Path) -> Iterator[Rapport]:
    """Run the suite once, embedded."""
    with running(data_folder / "embedded", "embedded", None) as suite:
        yield suite


@pytest.fixture(scope="module")
async def company(suite: Rapport, data_folder: Path) -> AsyncIterator[Company]:
    """Make the records, and look at every database from outside."""
    folder = data_folder / "embedded"
    async with AsyncExitStack() as stack:
        client = httpx2.AsyncClient(base_url=suite.url, timeout=30, trust_env=False)
        http = await stack.enter_async_context(client)
        document = Document((await http.get("/api/v1/openapi.json")).json())
        login = {"email": ADMIN, "password": PASSWORD}
        tokens = (await http.post("/api/v1/gateway/login", json=login)).json()
        world = World(
            document,
            http,
            load_or_make_signer(folder / "keys"),
            tokens["access_token"],
            tokens["refresh_token"],
        )
        await world.build()
        other = (await world.login(OTHER))["access_token"]
        services = sorted({operation.service for operation in document.operations})
        databases = await Databases.open(folder, services, stack)
        sender = Sender(http, {"admin": world.admin, "other": other})
        yield Company(world, sender, databases, suite)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row {row.number}")
async def test_bad_input_is_refused_and_stores_nothing(company: Company, row: Row) -> None:
    cases = list(row.cases(company.world))
    assert cases, "no call has a place for this row"
    await refuse_all(company, row, cases)
    if row.seconds is not None:
        await answer_in_time(company, cases, row.seconds)


async def refuse_all(company: Company, row: object, cases: Sequence[Case]) -> None:
    """Send cases, and show every wrong answer and everything stored in one table."""
    before = await company.databases.contents()
    started = time.perf_counter()
    outcomes = await company.sender.send_all(cases)
    seconds = time.perf_counter() - started
    changed = differences(before, await company.databases.contents())
    wrong = [(outcome.case, fault) for outcome in outcomes if (fault := outcome.fault())]
    sys.stdout.write(f"{row}: {len(cases)} requests in {seconds:.1f} s, {len(wrong)} wrong\n")
    if wrong or changed:
        pytest.fail(table(row, wrong, changed), pytrace=False)


def table(row: object, wrong: Sequence[tuple[Case, str]], changed: Sequence[str]) -> str:
    """Write what failed: endpoint, what was sent, what was expected, what came."""
    alike: dict[tuple[str, str], list[tuple[Case, str]]] = {}
    for case_, fault in sorted(wrong, key=lambda one: one[0].endpoint):
        alike.setdefault((case_.endpoint, fault[:KIND]), []).append((case_, fault))
    lines = [f"row {row}: {len(wrong)} wrong", "endpoint | sent | expected | got"]
    for (case_, fault), *more in list(alike.values())[:MOST_SHOWN]:
        expected = " or ".join(map(str, sorted(case_.status)))
        what = f"{case_.what} (and {len(more)} more)" if more else case_.what
        lines.append(f"{case_.endpoint} | {what} | {expected} | {fault}")
    if len(alike) > MOST_SHOWN:
        lines.append(f"... and {len(alike) - MOST_SHOWN} kinds more")
    return "\n".join([*lines, *(f"stored | {one}" for one in changed)])


async def answer_in_time(company: Company, cases: Sequence[Case], limit: float) -> None:
    """Answer each service's longest case within the limit, at the best of a few tries."""
    longest = {case_.path.split("/")[3]: case_ for case_ in sorted(cases, key=_length)}
    for service, case_ in longest.items():
        best = math.inf
        for _ in range(TRIES):  # somebody else may be using the machine
            best = min(best, (await company.sender.send(case_)).seconds)
            if best <= limit:
                break
        sys.stdout.write(f"  {service}: {case_.what} answered in {best * 1000:.1f} ms\n")
        assert best <= limit, f"{case_.endpoint}, {case_.what}: {best:.3f} s"


def _length(case_: Case) -> int:
    return len(case_.content or b"")


async def test_row_8_a_body_over_the_limit_answers_413_before_it_is_read(company: Company) -> None:
    """8: nothing of an announced body is waited for; of an endless one no more than the limit."""
    world, url = company.world, company.rapport.url
    before = await company.databases.contents()
    login = f"Authorization: Bearer {world.admin}"
    wrong = []
    for operation in world.document.operations:
        if operation.media:
            length = LARGE if operation.takes_json else ENDLESS
            request = head(operation.method, operation.path.format_map(world.ids), login)
            answered = await announce(url, request, length)
            if answered.status != 413 or '"too_large"' not in answered.text:
                wrong.append(f"{operation} | {length} announced | 413 | {answered}")
    process = psutil.Process(company.rapport.process.pid)
    for operation in samples(with_json(world)):
        resident = process.memory_info().rss
        path = operation.path.format_map(world.ids)
        answered = await pour(url, head(operation.method, path, login), ENDLESS)
        grown = process.memory_info().rss - resident
        sys.stdout.write(f"{operation}: answered after {answered.sent:,} bytes, RSS +{grown:,}\n")
        if answered.status != 413 or answered.sent > MOST_SENT or grown > MOST_GROWTH:
            wrong.append(f"{operation} | endless | 413 | {answered}, RSS +{grown:,}")
    wrong += differences(before, await company.databases.contents())
    assert not wrong, "\n".join(wrong)


async def test_row_8_five_megabytes_in_a_name_answer_413(company: Company) -> None:
    content = b'{"name": "%s"}' % (b"a" * LARGE)
    cases = [
        case(company.world, operation, "5 MB", 413, content=content, code="too_large")
        for operation in samples(with_json(company.world))
    ]
    await refuse_all(company, "8", cases)


async def test_row_16_a_negative_zero_is_stored_as_zero(company: Company) -> None:
    minus = {"amount": "-0.00", "currency": "EUR"}
    for path, field in (("deals/deals", "amount"), ("intake/leads", "value")):
        needed = {"name": "Zero"} if path == "deals/deals" else {"title": "Zero"}
        made = await company.world.call("POST", path, {**needed, field: minus}, expect=201)
        assert made.json()[field] == {"amount": "0.00", "currency": "EUR"}


async def test_row_32_every_character_of_a_search_is_text(company: Company) -> None:
    """32 (GAT-009): nothing here has a %, _ or backslash in it, so nothing is found."""
    found = [
        f"{operation}: {wild} finds {len(items)}"
        for operation, _ in named(company.world, "q")
        for wild in ("%", "_", "\\", "%%%", "___", "_%", "\\%", "[a-z]", ".*")
        if (items := await search(company, operation.path, wild))
    ]
    assert not found, "\n".join(found)


async def search(company: Company, path: str, text: str) -> list[Any]:
    """Answer what a list finds; sums over what was found are no list."""
    answer = await company.world.call("GET", path.removeprefix("/api/v1/"), params={"q": text})
    items: list[Any] = answer.json().get("items", [])
    return items


async def test_row_37_an_address_that_climbs_leads_nowhere(company: Company) -> None:
    login = f"Authorization: Bearer {company.world.admin}"
    for path in ("/api/v1/deals/../gateway/users", "/api/v1/../metrics", "/docs/../metrics"):
        answered = await ask(company.rapport.url, path, login)
        assert answered.status in (400, 404), f"{path}: {answered}"


async def test_row_51_a_key_in_use_answers_409_with_retry_after(company: Company) -> None:
    """51 (GAT-004): the key is held by a transaction of ours, as another process might hold it."""
    cases = []
    async with AsyncExitStack() as stack:
        before = await company.databases.contents()
        makers = {operation.service: made for made in company.world.made for operation in made[:1]}
        for service, (operation, path, _, _) in makers.items():
            key = f"held-{uuid7()}"
            connection = company.databases.connections[service]
            await stack.enter_async_context(_rolled_back(connection))
            account = _subject(company.world.admin)
            await connection.execute(
                "insert into idempotency_key (key, actor, path, body_hash) values ($1, $2, $3, '')",
                key,
                account,
                path.replace(f"/api/v1/{service}", "/v1"),
            )
            made = case(company.world, operation, "a key in use", 409, path=path)
            cases.append(made.sent_with(("Idempotency-Key", key)))
        outcomes = await company.sender.send_all(cases)
    assert cases
    for outcome in outcomes:
        assert outcome.fault() is None, f"{outcome.case.endpoint}: {outcome.fault()}"
        assert isinstance(outcome.answer, httpx2.Response)
        assert outcome.answer.json()["code"] == "idempotency_key_busy"
        assert int(outcome.answer.headers["Retry-After"]) > 0
    assert not differences(before, await company.databases.contents())


def _rolled_back(connection: "asyncpg.Connection[Any]") -> AbstractAsyncContextManager[None]:
    @asynccontextmanager
    async def held() -> AsyncIterator[None]:
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield
        finally:
            await transaction.rollback()

    return held()


def _subject(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return str(claims["sub"])


async def test_every_record_answers_its_version_as_etag(company: Company) -> None:  # GAT-003
    world, wrong = company.world, []
    for operation in world.document.operations:
        is_record = operation.path.endswith("}") and not operation.is_form
        is_record &= not operation.path.endswith("/attachments/{number}")
        if operation.method == "GET" and is_record:
            path = operation.path.removeprefix("/api/v1/").format_map(world.ids)
            answer = await world.call("GET", path)
            version = answer.json().get("version")
            if version is not None and answer.headers.get("etag") != f'"{version}"':
                wrong.append(f"{operation}: version {version}, {answer.headers.get('etag')}")
    assert not wrong, "\n".join(wrong)


async def test_every_list_has_the_same_shape_and_counts_only_when_asked(
    company: Company,
) -> None:  # GAT-005
    world, wrong = company.world, []
    for operation, _ in named(world, "count"):
        path = operation.path.removeprefix("/api/v1/").format_map(world.ids)
        plain = (await world.call("GET", path)).json()
        counted = (await world.call("GET", path, params={"count": "true"})).json()
        shapes = (
            plain.keys() == {"items", "next_cursor"},
            counted.keys() - plain.keys() == {"total"},
        )
        if not all(shapes) or counted["total"] < len(counted["items"]):
            wrong.append(f"{operation}: {sorted(plain)}, {sorted(counted)}")
    assert not wrong, "\n".join(wrong)


async def test_a_deleted_record_looks_like_one_that_never_was(company: Company) -> None:  # GAT-001
    world, wrong = company.world, []
    for operation in world.document.operations:
        deleted = operation.path.format_map(world.deleted_ids(operation))
        absent = operation.path.format_map(
            {**world.ids, **dict.fromkeys(world.deleted_names(operation), str(uuid7()))}
        )
        if operation.method == "GET" and deleted != operation.path.format_map(world.ids):
            answers = [
                (await company.sender.send(case(world, operation, "", 404, path=path))).answer
                for path in (deleted, absent)
            ]
            texts = [one.text for one in answers if isinstance(one, httpx2.Response)]
            if len(set(texts)) != 1:
                wrong.append(f"{operation}: {texts}")
    assert not wrong, "\n".join(wrong)


def test_the_document_describes_every_service(company: Company) -> None:
    """GAT-011; that each described call exists is seen by row 11, which all have to answer."""
    assert company.world.document.raw["openapi"].startswith("3.1")
    services = {operation.service for operation in company.world.document.operations}
    assert services == set(SERVICES)
