"""Analytics under test, and a story teller who says what the other services would."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import pytest
import pytest_asyncio

import analytics
from analytics.app import create_app
from analytics.settings import Settings
from chassis import event_log
from chassis.origin import by_system
from chassis.testing.plugin import NewDatabase
from chassis.testing.service import Actor, ServiceUnderTest, acting_as, under_test
from contracts.catalogue import load_all
from contracts.event import Event
from kernel import clock
from kernel.ids import uuid7
from kernel.money import Money

MIGRATIONS = Path(analytics.__file__).parent / "migrations"
ZONE = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TOPICS = load_all()
CHIEF = acting_as("analytics", "executive")

Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _the_time_stands_still() -> Any:
    before = clock.zone()
    clock.use_zone(ZONE)
    with clock.frozen(NOW):
        yield
    clock.use_zone(before)


@pytest_asyncio.fixture(loop_scope="session")
async def settings(new_database: NewDatabase) -> Settings:
    """Give analytics a database of its own, in a company two hours east of Greenwich."""
    url = await new_database("analytics", MIGRATIONS)
    return Settings(database_url=url, time_zone=ZONE.key)


@pytest_asyncio.fixture(loop_scope="session")
async def service(settings: Settings) -> AsyncIterator[ServiceUnderTest]:
    """Run the API of analytics."""
    async with under_test("analytics", create_app, settings) as running:
        yield running


@pytest.fixture
def ask(service: ServiceUnderTest) -> Ask:
    """Answer how to ask for `dashboard` or `reports/...`, as the executive or as any actor."""

    async def get(path: str, actor: Actor = CHIEF, **params: Any) -> dict[str, Any]:
        async with service.client(actor) as client:
            answer = await client.get(f"/v1/{path}", params=params)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return get


def money(amount: str | Decimal, currency: str = "EUR") -> Money:
    return Money(amount=Decimal(amount), currency=currency)


@dataclass
class Story:
    """What was said, in order, as the messages that carry it; `logs` holds it by service."""

    bodies: list[bytes] = field(default_factory=list)
    versions: dict[tuple[str, UUID], int] = field(default_factory=dict)
    logs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def say(
        self,
        topic: str,
        said_at: datetime = NOW,
        /,
        *,
        of_department: UUID | None = None,
        of_team: UUID | None = None,
        **data: Any,
    ) -> Event:
        """Let the topic's service say this at `said_at`, as the aggregate's next version."""
        event = TOPICS[topic].model_validate(data)
        subject = (event.entity, event.aggregate_id)
        self.versions[subject] = self.versions.get(subject, 0) + 1
        service = topic.partition(".")[0]
        with clock.frozen(said_at):
            row = event_log.log_row(
                service,
                by_system("test"),
                event,
                self.versions[subject],
                department_id=of_department,
                team_id=of_team,
            )
        self.logs.setdefault(service, []).append(row["envelope"])
        self.bodies.append(orjson.dumps(row["envelope"]))
        return event

    def define(self, topic: str, name: str, **data: Any) -> UUID:
        """Add a dictionary entry, a group or a user; answers its id."""
        new_id = uuid7()
        rest: dict[str, Any] = {"id": new_id, "flags": {}, "deleted": False, "active": True} | data
        self.say(topic, name=name, **rest)
        return new_id

    def user(self, name: str) -> UUID:
        user_id = uuid7()
        self.say(
            "gateway.user.created",
            user_id=user_id,
            name=name,
            email=f"{name.lower()}@example.com",
            roles=(),
            department_ids=(),
            team_ids=(),
            time_zone="UTC",
            language="en",
            active=True,
        )
        return user_id

    def currency(self, code: str, *, national: bool = False, reporting: bool = False) -> None:
        self.say("deals.currency.changed", code=code, national=national, reporting=reporting)

    def rate(self, code: str, day: date, rate: str) -> None:
        self.say("deals.rate.recorded", code=code, date=day, rate=Decimal(rate), kind="official")

    def deal(self, at: datetime = NOW, **data: Any) -> UUID:
        """Create an open deal; answers its id."""
        given: dict[str, Any] = {
            "deal_id": uuid7(),
            "code": "D-1000",
            "crm_ref": uuid7(),
            "name": "A deal",
            "ticket": "t",
            "pipeline_id": uuid7(),
            "stage_id": uuid7(),
            "amount": money("100.00"),
            "probability": 40,
            "status": "open",
            "tags": (),
        } | data
        created = self.say("deals.deal.created", at, **given)
        return created.aggregate_id

    def move(self, deal_id: UUID, stage_id: UUID, at: datetime, **data: Any) -> None:
        given: dict[str, Any] = {
            "deal_id": deal_id,
            "pipeline_id": uuid7(),
            "to_id": stage_id,
            "probability": 60,
            "at": at,
            "days_in_previous": Decimal(0),
            "way": "board",
        } | data
        self.say("deals.deal.stage_changed", at, **given)

    def win(self, deal_id: UUID, closed_on: date, at: datetime = NOW, **data: Any) -> None:
        given: dict[str, Any] = {
            "deal_id": deal_id,
            "name": "A deal",
            "amount": money("100.00"),
            "closed_on": closed_on,
            "won_at": at,
            "customer_is_new": False,
            "cycle_days": 0,
        } | data
        self.say("deals.deal.won", at, **given)

    def lose(self, deal_id: UUID, closed_on: date, at: datetime = NOW, **data: Any) -> None:
        given: dict[str, Any] = {
            "deal_id": deal_id,
            "amount": money("100.00"),
            "closed_on": closed_on,
            "stage_before_id": uuid7(),
            "irrelevant": False,
            "auto": False,
        } | data
        self.say("deals.deal.lost", at, **given)

    def payment(self, deal_id: UUID, paid_on: date, amount: Money, **data: Any) -> UUID:
        given: dict[str, Any] = {
            "payment_id": uuid7(),
            "deal_id": deal_id,
            "amount": amount,
            "date": paid_on,
            "status": "received",
            "via_representation": False,
        } | data
        return self.say("deals.payment.recorded", **given).aggregate_id

    def lead(self, at: datetime = NOW, **data: Any) -> UUID:
        given: dict[str, Any] = {
            "lead_id": uuid7(),
            "crm_ref": uuid7(),
            "title": "A lead",
            "status_id": uuid7(),
            "priority": 0,
            "origin": "manual",
        } | data
        return self.say("intake.lead.created", at, **given).aggregate_id

    def request(self, received_at: datetime = NOW, **data: Any) -> UUID:
        given: dict[str, Any] = {
            "request_id": uuid7(),
            "ticket": "t",
            "channel": "form",
            "subject": "An inquiry",
            "person": {},
            "state": "pending",
            "kind": "commercial",
            "primary": True,
            "product_ids": (),
            "received_at": received_at,
            "client_requests": 1,
        } | data
        return self.say("intake.request.received", received_at, **given).aggregate_id

    def company(self, name: str, at: datetime = NOW, **data: Any) -> UUID:
        given: dict[str, Any] = {"company_id": uuid7(), "name": name, "active": True} | data
        return self.say("intake.company.created", at, **given).aggregate_id

    def customer(self, name: str, at: datetime = NOW, **data: Any) -> UUID:
        given: dict[str, Any] = {
            "customer_id": uuid7(),
            "code": "C-1000",
            "name": name,
            "discount": Decimal(0),
            "currency": "EUR",
            "terms": "net30",
            "credit_limit": Decimal(0),
            "status": "active",
            "blacklisted": False,
        } | data
        return self.say("intake.customer.created", at, **given).aggregate_id


@pytest.fixture
def story() -> Story:
    """Begin an empty story."""
    return Story()


@pytest.fixture
def new_story() -> type[Story]:
    """Answer how to begin more stories."""
    return Story
