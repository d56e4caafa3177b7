"""Deals under test, and ways to make what its tests need."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

import deals
from chassis.origin import by_system
from chassis.testing.plugin import NewDatabase
from chassis.testing.service import Actor, ServiceUnderTest, acting_as, under_test
from contracts import gateway, intake
from contracts.vocabulary import natural_id
from deals.app import create_app
from deals.commands.replicas import keep_setting
from deals.consumers import SUBSCRIPTION
from deals.settings import Settings
from kernel.ids import uuid7

MIGRATIONS = Path(deals.__file__).parent / "migrations"


@dataclass
class Deals:
    """The service, with an administrator who may do everything and words for its own nouns."""

    service: ServiceUnderTest
    department: UUID = field(default_factory=uuid7)
    admin: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.admin = acting_as("deals", "administrator", departments=(self.department,))

    def client(self, actor: Actor | None = None) -> httpx2.AsyncClient:
        """Answer a client of the administrator, or of somebody else."""
        return self.service.client(actor or self.admin)

    async def hear(self, *events: Any, service: str = "intake", version: int = 1) -> None:
        """Let the service hear events."""
        await self.service.hear(SUBSCRIPTION, *events, service=service, version=version)

    async def know_user(self, user_id: UUID, name: str = "Ann", **values: Any) -> None:
        """Let the service know a user."""
        fields: dict[str, Any] = {
            "user_id": user_id,
            "name": name,
            "email": f"{name.lower().replace(' ', '.')}@example.com",
            "roles": (),
            "department_ids": (self.department,),
            "team_ids": (),
            "time_zone": "UTC",
            "language": "en",
            "active": True,
        } | values
        await self.hear(gateway.UserCreated(**fields), service="gateway")

    async def know_company(self, name: str = "Acme", **values: Any) -> UUID:
        """Let the service know a company."""
        fields: dict[str, Any] = {"company_id": uuid7(), "name": name, "active": True} | values
        await self.hear(intake.CompanyCreated(**fields))
        company_id: UUID = fields["company_id"]
        return company_id

    async def know_customer(self, **values: Any) -> UUID:
        """Let the service know a customer."""
        fields: dict[str, Any] = {
            "customer_id": uuid7(),
            "code": "C-1000",
            "name": "Acme",
            "discount": 0,
            "currency": "EUR",
            "terms": "cod",
            "credit_limit": 0,
            "status": "active",
            "blacklisted": False,
        } | values
        await self.hear(intake.CustomerCreated(**fields))
        customer_id: UUID = fields["customer_id"]
        return customer_id

    async def know_contact(self, name: str = "Bob", **values: Any) -> UUID:
        """Let the service know a contact."""
        fields: dict[str, Any] = {
            "contact_id": uuid7(),
            "name": name,
            "emails": (),
            "phones": (),
            "do_not_email": False,
            "active": True,
        } | values
        await self.hear(intake.ContactCreated(**fields))
        contact_id: UUID = fields["contact_id"]
        return contact_id

    async def know_lead(self, title: str = "A lead", **values: Any) -> UUID:
        """Let the service know a lead."""
        fields: dict[str, Any] = {
            "lead_id": uuid7(),
            "crm_ref": uuid7(),
            "title": title,
            "status_id": uuid7(),
            "priority": 0,
            "origin": "manual",
        } | values
        await self.hear(intake.LeadCreated(**fields))
        lead_id: UUID = fields["lead_id"]
        return lead_id

    async def know_request(self, subject: str = "Need 5", **values: Any) -> UUID:
        """Let the service know a request."""
        fields: dict[str, Any] = {
            "request_id": uuid7(),
            "ticket": "t",
            "channel": "form",
            "subject": subject,
            "person": intake.Person(name="Bob"),
            "state": "pending",
            "kind": "commercial",
            "primary": True,
            "product_ids": (),
            "received_at": datetime(2026, 1, 2, 3, tzinfo=UTC),
            "client_requests": 1,
        } | values
        await self.hear(intake.RequestReceived(**fields))
        request_id: UUID = fields["request_id"]
        return request_id

    async def know_team(self, name: str = "North") -> UUID:
        """Let the service know a team."""
        team = gateway.TeamChanged(id=uuid7(), name=name, active=True)
        await self.hear(team, service="gateway")
        return team.id

    async def know_department(self, name: str = "Export", **values: Any) -> UUID:
        """Let the service know a department."""
        group = gateway.DepartmentChanged(id=uuid7(), name=name, active=True, **values)
        await self.hear(group, service="gateway")
        return group.id

    async def links(self) -> dict[str, str]:
        """Let the service know one of everything a deal may name; answers the ids by field."""
        owner, co_owner = uuid7(), uuid7()
        await self.know_user(owner, "Olga")
        await self.know_user(co_owner, "Carl")
        ids = {
            "owner_id": owner,
            "co_owner_id": co_owner,
            "team_id": await self.know_team(),
            "department_id": await self.know_department(),
            "company_id": await self.know_company(),
            "contact_id": await self.know_contact(),
            "customer_id": await self.know_customer(),
            "partner_id": await self.know_contact("Paul"),
            "lead_id": await self.know_lead(),
            "request_id": await self.know_request(),
        }
        return {field: str(id_) for field, id_ in ids.items()}

    async def set(self, key: str, value: Any) -> None:
        """Store a setting."""
        async with self.service.database.transaction(by_system("test")) as session:
            await keep_setting(session, key, value)

    async def make(self, actor: Actor | None = None, **values: Any) -> dict[str, Any]:
        """Make a deal through the API; answers its representation."""
        async with self.client(actor) as client:
            answer = await client.post("/v1/deals", json={"name": "Deal", **values})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def call(self, method: str, path: str, status: int = 200, **rest: Any) -> Any:
        """Call the API as the administrator and answer the body."""
        async with self.client(rest.pop("actor", None)) as client:
            answer = await client.request(method, f"/v1{path}", **rest)
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def topics(self) -> list[str]:
        """Answer the topics said so far, shipped dictionaries left out."""
        shipped = ("pipeline", "stage", "closing_reason", "currency")
        said = await self.service.said()
        return [
            e.topic.removeprefix("deals.") for e in said if e.topic.split(".")[1] not in shipped
        ]


def stage_of(name: str, pipeline: str = "general") -> str:
    """Answer the id of a shipped stage."""
    return str(natural_id("stage", f"{pipeline}/{name}"))


@pytest.fixture
def stage() -> Callable[..., str]:
    """Answer the ids of shipped stages by name."""
    return stage_of


@pytest.fixture
def general() -> str:
    """Answer the id of the shipped general pipeline."""
    return str(natural_id("pipeline", "general"))


@pytest_asyncio.fixture(loop_scope="session")
async def app(new_database: NewDatabase) -> AsyncIterator[Deals]:
    """Run deals on a database of its own."""
    settings = Settings(database_url=await new_database("deals", MIGRATIONS))
    async with under_test("deals", create_app, settings) as service:
        running = Deals(service)
        department = gateway.DepartmentChanged(id=running.department, name="Sales", active=True)
        await running.hear(department, service="gateway")
        await running.know_user(running.admin.user_id, "Ada Admin")
        yield running
