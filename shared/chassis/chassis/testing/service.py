"""A service under test: its API called as any user, its ears spoken to, its words listened to."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
import orjson
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.event import listen, remove

from chassis import delivery, event_log
from chassis.database import Database
from chassis.log_sources import EventSource
from chassis.origin import by_system
from chassis.settings import ChassisSettings
from chassis.subscriptions import Subscription
from chassis.tables import event_log as log_table
from chassis.tables import failed_event
from chassis.tokens import Signer, new_pair, packed
from contracts.event import Envelope, Event
from contracts.permissions import Scope, of_service, shipped_roles
from kernel.ids import uuid7

CreateApp = Callable[..., FastAPI]
"""A service's `create_app(settings, verifier=...)`."""


@dataclass(frozen=True)
class Actor:
    """A user of a test, with rights as the gateway would put them into the token."""

    rights: dict[str, str]
    user_id: UUID = field(default_factory=uuid7)
    departments: tuple[UUID, ...] = ()
    teams: tuple[UUID, ...] = ()
    mates: tuple[UUID, ...] = ()


def acting_as(service: str, role: str, **rest: Any) -> Actor:
    """Make a user with a shipped role's rights in one service, beside a co-worker's."""
    roles = shipped_roles()
    granted: dict[str, Scope] = {}
    for code in ("co_worker", role):
        for right, scope in of_service(roles[code].grants, service).items():
            granted[right] = max(scope, granted.get(right, scope))
    rights = {right.removeprefix(f"{service}."): scope.value for right, scope in granted.items()}
    return Actor(rights, **rest)


@dataclass
class ServiceUnderTest:
    """One service on its own database; `database` is for looking, the clients are for acting."""

    name: str
    app: FastAPI
    database: Database
    signer: Signer

    def client(self, actor: Actor | None = None) -> httpx2.AsyncClient:
        """Answer a client that calls as `actor`, or without login."""
        headers = {"Authorization": f"Bearer {self.token(actor)}"} if actor else {}
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app, raise_app_exceptions=False),
            base_url="http://service",
            headers=headers,
        )

    def token(self, actor: Actor) -> str:
        """Make the internal token of a user."""
        claims = {
            "sub": str(actor.user_id),
            "kind": "user",
            "way": "web",
            "rights": actor.rights,
            "departments": [str(department) for department in actor.departments],
            "teams": [str(team) for team in actor.teams],
            "packed_mates": packed(actor.mates),
        }
        return self.signer.sign(claims, audience=self.name)

    async def hear(
        self, subscription: Subscription, *events: Event, service: str, version: int = 1
    ) -> list[bytes]:
        """Let the service hear events of another one, each at `version`; answers their bodies."""
        bodies = [body_of(event, service, version) for event in events]
        await self.deliver(subscription, bodies)
        return bodies

    async def deliver(self, subscription: Subscription, bodies: Sequence[bytes]) -> None:
        """Deliver raw messages, and fail the test if an event failed."""
        await delivery.deliver(self.database, subscription, bodies)
        async with self.database.reading() as session:
            errors = (await session.scalars(select(failed_event.c.error))).all()
        assert not errors, errors  # noqa: S101 - a test's helper

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Collect the SQL statements the service runs in a block, to show how many they are."""
        collected: list[str] = []

        def note(*arguments: Any) -> None:
            if not arguments[2].startswith("notify"):  # sent after the commit, once for many
                collected.append(arguments[2])

        engine = self.database.engine.sync_engine
        listen(engine, "before_cursor_execute", note)
        try:
            yield collected
        finally:
            remove(engine, "before_cursor_execute", note)

    async def said(self, *topics: str) -> list[Envelope]:
        """Answer what the service said so far, in order; without topics all but audit entries."""
        query = select(log_table.c.envelope).order_by(log_table.c.id)
        async with self.database.reading() as session:
            envelopes = [Envelope.model_validate(row) for row in await session.scalars(query)]
        if topics:
            return [envelope for envelope in envelopes if envelope.topic in topics]
        return [envelope for envelope in envelopes if not envelope.topic.endswith("audit.recorded")]


def body_of(event: Event, service: str, version: int = 1) -> bytes:
    """Write an event as the wire would carry it."""
    row = event_log.log_row(service, by_system("test"), event, version)
    return orjson.dumps(row["envelope"])


def log_of(bodies: Sequence[bytes], page: int = 100) -> EventSource:
    """Answer the log of a service that said these events, and nothing else."""

    async def read(after_seq: int) -> str:
        envelopes = enumerate(bodies[after_seq : after_seq + page], after_seq + 1)
        entries = [{"seq": seq, "envelope": orjson.loads(body)} for seq, body in envelopes]
        return orjson.dumps(entries).decode()

    return read


@asynccontextmanager
async def under_test(
    name: str, create_app: CreateApp, settings: ChassisSettings
) -> AsyncIterator[ServiceUnderTest]:
    """Start a service's API for a test."""
    signer, verifier = new_pair()
    app = create_app(settings, verifier=verifier)
    async with app.router.lifespan_context(app):
        yield ServiceUnderTest(name, app, app.state.database, signer)
