"""The intake service on a database of its own, which has heard of users and pipelines."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import insert

import intake as intake_package
from chassis.testing.plugin import NewDatabase
from chassis.testing.service import Actor, ServiceUnderTest, acting_as, under_test
from contracts.deals import PipelineDefined, ProductDefined, StageDefined
from contracts.gateway import DepartmentChanged, TeamChanged, UserCreated
from intake.app import create_app
from intake.consumers import SUBSCRIPTION
from intake.models import Setting
from intake.settings import Settings
from kernel.ids import uuid7

MIGRATIONS = Path(intake_package.__file__).parent / "migrations"
Post = Callable[..., Awaitable[dict[str, Any]]]


def user(user_id: UUID, name: str, *departments: UUID, active: bool = True) -> UserCreated:
    """Make what the gateway says of a new user."""
    return UserCreated(
        user_id=user_id,
        name=name,
        email=f"{name.lower()}@rapport.test",
        roles=(),
        department_ids=departments,
        team_ids=(),
        time_zone="UTC",
        language="en",
        active=active,
    )


@dataclass(frozen=True)
class Company:
    """Who works here, and what intake has heard of the other services."""

    sales: UUID = field(default_factory=uuid7)
    service: UUID = field(default_factory=uuid7)
    team: UUID = field(default_factory=uuid7)
    pipeline: UUID = field(default_factory=uuid7)
    first_stage: UUID = field(default_factory=uuid7)
    default_stage: UUID = field(default_factory=uuid7)
    other_pipeline: UUID = field(default_factory=uuid7)
    other_stage: UUID = field(default_factory=uuid7)
    product: UUID = field(default_factory=uuid7)
    former: UUID = field(default_factory=uuid7)

    def __post_init__(self) -> None:
        people = {
            "admin": acting_as("intake", "administrator", departments=(self.sales,)),
            "manager": acting_as("intake", "sales_manager", departments=(self.sales,)),
            "operator": acting_as("intake", "operator", departments=(self.sales,)),
            "stranger": acting_as("intake", "sales_manager", departments=(self.service,)),
            "accountant": acting_as("intake", "accountant"),
            "nobody": Actor({}),
        }
        for name, actor in people.items():
            object.__setattr__(self, name, actor)

    admin: Actor = field(init=False)
    manager: Actor = field(init=False)
    operator: Actor = field(init=False)
    stranger: Actor = field(init=False)
    accountant: Actor = field(init=False)
    nobody: Actor = field(init=False)


@pytest.fixture
def firm() -> Company:
    """Make up the people and departments of a test."""
    return Company()


@pytest_asyncio.fixture(loop_scope="session")
async def intake(new_database: NewDatabase, firm: Company) -> AsyncIterator[ServiceUnderTest]:
    """Run intake, which has heard of the firm."""
    settings = Settings(database_url=await new_database("intake", MIGRATIONS))
    async with under_test("intake", create_app, settings) as service:
        await _introduce(service, firm)
        yield service


async def _introduce(service: ServiceUnderTest, firm: Company) -> None:
    groups = [
        DepartmentChanged(id=firm.sales, name="Sales", active=True),
        DepartmentChanged(id=firm.service, name="Service", active=True),
        TeamChanged(id=firm.team, name="North", active=True),
    ]
    users = [
        user(firm.admin.user_id, "Ada", firm.sales),
        user(firm.manager.user_id, "Mia", firm.sales),
        user(firm.operator.user_id, "Oskar", firm.sales),
        user(firm.stranger.user_id, "Sven", firm.service),
        user(firm.former, "Frida", firm.sales, active=False),
    ]
    await service.hear(SUBSCRIPTION, *groups, *users, service="gateway")
    common = {"active": True, "deleted": False}
    await service.hear(
        SUBSCRIPTION,
        PipelineDefined(id=firm.pipeline, name="Sales", flags={"default": True}, **common),
        PipelineDefined(id=firm.other_pipeline, name="Other", flags={}, **common),
        StageDefined(
            id=firm.first_stage, name="First", pipeline_id=firm.pipeline, position=0, flags={},
            **common,
        ),
        StageDefined(
            id=firm.default_stage, name="Start", pipeline_id=firm.pipeline, position=1,
            flags={"default": True}, **common,
        ),
        StageDefined(
            id=firm.other_stage, name="Else", pipeline_id=firm.other_pipeline, position=0,
            flags={}, **common,
        ),
        ProductDefined(id=firm.product, name="Pump", flags={}, **common),
        service="deals",
    )  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def admin(intake: ServiceUnderTest, firm: Company) -> AsyncIterator[httpx2.AsyncClient]:
    """Call intake as the administrator."""
    async with intake.client(firm.admin) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(intake: ServiceUnderTest) -> AsyncIterator[httpx2.AsyncClient]:
    """Call intake without login."""
    async with intake.client() as client:
        yield client


@pytest.fixture
def add(admin: httpx2.AsyncClient) -> Post:
    """Add a record as the administrator: `await add("leads", title="Pump")`."""

    async def post(plural: str, **fields: Any) -> dict[str, Any]:
        answer = await admin.post(f"/v1/{plural}", json=fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return post


@pytest.fixture
def prefer(intake: ServiceUnderTest) -> Callable[[str, Any], Awaitable[None]]:
    """Store a setting: `await prefer("requests.spawn_lead_on", "validation")`."""

    async def store(key: str, value: Any) -> None:
        async with intake.database.engine.begin() as connection:
            await connection.execute(insert(Setting).values(key=key, value=value))

    return store


@pytest_asyncio.fixture(loop_scope="session")
async def form(admin: httpx2.AsyncClient) -> str:
    """Answer the path of the shipped form."""
    (shipped,) = (await admin.get("/v1/web-forms")).json()["items"]
    return f"/v1/public/forms/{shipped['token']}"
