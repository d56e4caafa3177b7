"""The gateway under test, with one service behind it that tells what reached it."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import orjson
import pytest
import pytest_asyncio
from fastapi import FastAPI, Request
from pydantic import SecretStr
from sqlalchemy import text
from starlette.responses import Response

from chassis.event_log import log_row
from chassis.origin import by_system
from chassis.testing.plugin import NewDatabase
from chassis.testing.service import ServiceUnderTest
from chassis.tokens import Signer, Verifier, new_pair
from contracts.event import Event
from gateway.app import create_app
from gateway.clients.upstream import DirectUpstream
from gateway.consumers import SUBSCRIPTION
from gateway.settings import Settings

MIGRATIONS = Path(__file__).parents[1] / "gateway" / "migrations"
ADMIN = "root@example.com"
PASSWORD = "correct horse battery"

Json = dict[str, Any]


CROWD = text(
    """
    with people as (
        insert into account
        select uuidv7(), 1, now(), 'test', now(), 'test', null, n || :host, n || :host,
               'n', 'n', null, '{}', '{}', 'en', 'UTC', true, '{}'
          from generate_series(1, :people) as n
        returning id)
    insert into team_member select :team, id, 30, false, '{}' from people
    """
)


@dataclass
class Suite:
    """A running gateway; `deals` and `intake` behind it are one app that echoes requests."""

    app: FastAPI
    signer: Signer
    verifier: Verifier
    service: ServiceUnderTest
    _admin: httpx2.AsyncClient | None = None
    _clients: list[httpx2.AsyncClient] = field(default_factory=list)

    def client(self, token: str | None = None) -> httpx2.AsyncClient:
        """Answer a client outside, with or without an access token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx2.ASGITransport(
            self.app, raise_app_exceptions=False, client=("203.0.113.9", 4711)
        )
        client = httpx2.AsyncClient(
            transport=transport, base_url="http://gateway/api/v1", headers=headers
        )
        self._clients.append(client)
        return client

    async def tokens(self, email: str = ADMIN, password: str = PASSWORD) -> Json:
        """Log in and answer the tokens."""
        answer = await self.client().post(
            "/gateway/login", json={"email": email, "password": password}
        )
        assert answer.status_code == 200, answer.text
        tokens: Json = answer.json()
        return tokens

    async def login(self, email: str = ADMIN, password: str = PASSWORD) -> httpx2.AsyncClient:
        """Log in and answer a client that is."""
        return self.client((await self.tokens(email, password))["access_token"])

    async def add(self, what: str, **values: Any) -> Json:
        """Let the administrator add a record."""
        if self._admin is None:
            self._admin = await self.login()
        answer = await self._admin.post(f"/gateway/{what}", json=values)
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    async def add_user(self, name: str, *roles: str, **values: Any) -> Json:
        """Let the administrator add somebody who can log in."""
        email = f"{name.lower()}@example.com"
        return await self.add(
            "users", email=email, name=name, password=PASSWORD, roles=roles, **values
        )

    async def hear(
        self, event: Event, version: int = 1, *, department: str = "", team: str = ""
    ) -> None:
        """Let the gateway hear of a record of another service, in a department or team."""
        service = event.topic.partition(".")[0]
        groups = {
            name: UUID(id_)
            for name, id_ in (("department_id", department), ("team_id", team))
            if id_
        }
        row = log_row(service, by_system("test"), event, version, **groups)
        await self.service.deliver(SUBSCRIPTION, [orjson.dumps(row["envelope"])])

    async def crowd(self, team: str, people: int, name: str = "crowd") -> None:
        """Put many new people into a team, faster than by calls."""
        values = {"people": people, "team": team, "host": f"@{name}.example"}
        async with self.service.database.transaction(by_system("test")) as session:
            await session.execute(CROWD, values)

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


def echoing_app() -> FastAPI:
    """Make a service that answers with the request it got."""
    app = FastAPI()

    async def echo(request: Request) -> Response:
        body = await request.body()
        seen = {
            "method": request.method,
            "path": request.scope["path"],
            "raw_path": request.scope["raw_path"].decode(),
            "query": request.scope["query_string"].decode(),
            "headers": [[n.decode(), v.decode("latin-1")] for n, v in request.scope["headers"]],
            "body": body.decode("latin-1"),
        }
        headers = {"Location": "/v1/deals/7", "X-Correlation-Id": "theirs", "Connection": "close"}
        return Response(json.dumps(seen), headers=headers, media_type="application/json")

    @app.get("/v1/deals", tags=["deals"])
    async def list_deals() -> None:
        """Answer deals."""

    app.add_route("/{rest:path}", echo, ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    return app


StartSuite = Callable[..., AbstractAsyncContextManager[Suite]]


@pytest.fixture
def start_suite(new_database: NewDatabase) -> StartSuite:
    """Start a gateway on a new database, or on that of another one."""

    @asynccontextmanager
    async def start(database_url: str = "", **settings: Any) -> AsyncIterator[Suite]:
        url = database_url or await new_database("gateway", MIGRATIONS)
        upstreams = settings.pop("upstreams", None)
        signer, verifier = settings.pop("pair", None) or new_pair()
        if upstreams is None:
            echo = DirectUpstream(echoing_app())
            upstreams = {"deals": echo, "intake": echo}
        app = create_app(
            Settings(database_url=url, **settings),
            verifier=verifier,
            signer=signer,
            upstreams=upstreams,
        )
        async with app.router.lifespan_context(app):
            service = ServiceUnderTest("gateway", app, app.state.database, signer)
            suite = Suite(app, signer, verifier, service)
            yield suite
            await suite.close()

    return start


@pytest_asyncio.fixture(loop_scope="session")
async def suite(start_suite: StartSuite) -> AsyncIterator[Suite]:
    """Run a gateway with an administrator."""
    async with start_suite(admin_email=ADMIN, admin_password=SecretStr(PASSWORD)) as running:
        yield running
