"""Services that hear each other: ids promised beforehand, and replicas (EVT-008, GAT-021).

Intake and deals run on databases of their own; what one says is brought to the other by hand, so
that a test decides when, and how often, it is heard.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

import deals.consumers
import intake.consumers
from chassis.subscriptions import Subscription
from chassis.testing.plugin import NewDatabase
from chassis.testing.service import Actor, ServiceUnderTest, acting_as, under_test
from contracts.gateway import UserCreated, UserDeactivated
from kernel.ids import uuid7
from rapport.services import SERVICES

USER = uuid7()
HEARS = {"intake": intake.consumers.SUBSCRIPTION, "deals": deals.consumers.SUBSCRIPTION}


@dataclass(frozen=True)
class Pair:
    """Intake and deals, with an administrator known to both."""

    services: dict[str, ServiceUnderTest]

    async def call(
        self, service: str, method: str, path: str, status: int = 200, **body: Any
    ) -> Any:
        """Call one service's API and answer the body."""
        actor: Actor = acting_as(service, "administrator", user_id=USER)
        async with self.services[service].client(actor) as client:
            answer = await client.request(
                method, f"/v1{path}", json=body if method == "POST" else None
            )
        assert answer.status_code == status, answer.text
        return answer.json()

    async def pass_on(self, speaker: str, listener: str, times: int = 1) -> None:
        """Bring everything that one service said to the other one, perhaps again and again."""
        said = await self.services[speaker].said()
        bodies = [envelope.model_dump_json(exclude_none=True).encode() for envelope in said]
        for _ in range(times):
            await self.services[listener].deliver(HEARS[listener], bodies)

    async def hear(self, event: Any, version: int = 1) -> None:
        """Let both hear something of the gateway."""
        for name, service in self.services.items():
            subscription: Subscription = HEARS[name]
            await service.hear(subscription, event, service="gateway", version=version)


def _user(event: type[UserCreated | UserDeactivated], *, active: bool = True) -> Any:
    return event(
        user_id=USER,
        name="Ada",
        email="ada@example.com",
        roles=(),
        department_ids=(),
        team_ids=(),
        time_zone="UTC",
        language="en",
        active=active,
    )


@pytest_asyncio.fixture(loop_scope="session")
async def pair(new_database: NewDatabase) -> AsyncIterator[Pair]:
    """Run both services."""
    async with AsyncExitStack() as running:
        services = {}
        for name in HEARS:
            service = SERVICES[name]
            url = await new_database(name, service.migrations)
            starting = under_test(name, service.create_app, service.settings(database_url=url))
            services[name] = await running.enter_async_context(starting)
        both = Pair(services)
        await both.hear(_user(UserCreated))
        await both.pass_on("deals", "intake")
        yield both


async def _deal_in(pair: Pair, pipeline: str) -> dict[str, Any]:
    """Ask for a deal in a pipeline, as the form of a conversion does."""
    listed = (await pair.call("deals", "GET", "/pipelines"))["items"]
    (wanted,) = [each for each in listed if each["name"].startswith(pipeline)]
    value = {"amount": "100.00", "currency": "EUR"}
    return {"create_deal": True, "deal_value": value, "pipeline_id": wanted["id"]}


async def test_the_deal_of_a_converted_lead_has_the_id_that_the_conversion_told(
    pair: Pair,
) -> None:
    """EVT-008, EVT-025: at once in intake, once in deals, however often it is heard (EVT-003)."""
    lead = await pair.call(
        "intake", "POST", "/leads", 201, title="Pump", contact_email="a@example.com"
    )
    form = {"mode": "auto", "deal_title": "First order", **await _deal_in(pair, "General")}
    converted = await pair.call("intake", "POST", f"/leads/{lead['id']}/convert", **form)
    path = f"/deals/{converted['deal_id']}"
    await pair.call("deals", "GET", path, 404)
    await pair.pass_on("intake", "deals", times=10)
    deal = await pair.call("deals", "GET", path)
    assert (deal["id"], deal["name"]) == (converted["deal_id"], "First order")
    assert len((await pair.call("deals", "GET", "/deals"))["items"]) == 1


async def test_the_deal_of_a_request_has_the_id_that_was_told(pair: Pair) -> None:
    """EVT-008, EVT-016."""
    request = await pair.call(
        "intake", "POST", "/requests", 201, subject="Pump", email="b@example.com", first_name="Bert"
    )
    asked = await pair.call("intake", "POST", f"/requests/{request['id']}/deal", 201)
    await pair.pass_on("intake", "deals", times=10)
    deal = await pair.call("deals", "GET", f"/deals/{asked['deal_id']}")
    assert deal["ticket"] == request["ticket"]
    assert len((await pair.call("deals", "GET", "/deals"))["items"]) == 1


async def test_the_customer_of_a_won_deal_has_the_id_that_was_told(pair: Pair) -> None:
    """EVT-008, EVT-039."""
    company = await pair.call("intake", "POST", "/companies", 201, name="Acme")
    await pair.pass_on("intake", "deals")
    deal = await pair.call("deals", "POST", "/deals", 201, name="Pump", company_id=company["id"])
    await pair.call("deals", "POST", f"/deals/{deal['id']}/win")
    (said,) = await pair.services["deals"].said("deals.deal.won")
    assert said.data["customer_is_new"]
    path = f"/customers/{said.data['customer_id']}"
    await pair.call("intake", "GET", path, 404)
    await pair.pass_on("deals", "intake", times=10)
    customer = await pair.call("intake", "GET", path)
    assert customer["company_id"] == company["id"]
    assert len((await pair.call("intake", "GET", "/customers"))["items"]) == 1


@pytest.mark.parametrize(
    ("service", "path", "body"),
    [
        ("intake", "/leads", {"title": "Pump", "owner_id": str(USER)}),
        ("deals", "/deals", {"name": "Pump", "owner_id": str(USER)}),
    ],
)
async def test_what_the_gateway_tells_decides_whether_somebody_can_own_a_record(
    pair: Pair, service: str, path: str, body: dict[str, str]
) -> None:
    """GAT-021, GAT-040, EVT-004: no call is made; what is older than known changes nothing."""
    await pair.call(service, "POST", path, 201, **body)
    await pair.hear(_user(UserDeactivated, active=False), version=3)
    await pair.call(service, "POST", path, 422, **body)
    await pair.hear(_user(UserCreated), version=2)
    refused = await pair.call(service, "POST", path, 422, **body)
    assert [error["field"] for error in refused["errors"]] == ["/owner_id"]
    stranger = await pair.call(service, "POST", path, 422, **{**body, "owner_id": str(uuid7())})
    assert [error["field"] for error in stranger["errors"]] == ["/owner_id"]


async def test_a_pipeline_can_be_named_when_deals_has_told_of_it_and_no_sooner(
    pair: Pair,
) -> None:
    """GAT-021."""
    pipeline = await pair.call("deals", "POST", "/pipelines", 201, name="Exports")
    lead = await pair.call(
        "intake", "POST", "/leads", 201, title="Pump", contact_email="c@example.com"
    )
    path = f"/leads/{lead['id']}/convert"
    form = {"mode": "auto", **await _deal_in(pair, "Exports")}
    refused = await pair.call("intake", "POST", path, 422, **form)
    assert [error["field"] for error in refused["errors"]] == ["/pipeline_id"]
    stage = {"name": "Start", "is_default": True}
    await pair.call("deals", "POST", f"/pipelines/{pipeline['id']}/stages", 201, **stage)
    await pair.pass_on("deals", "intake")
    converted = await pair.call("intake", "POST", path, **form)
    await pair.pass_on("intake", "deals")
    deal = await pair.call("deals", "GET", f"/deals/{converted['deal_id']}")
    assert deal["pipeline"]["id"] == pipeline["id"]
