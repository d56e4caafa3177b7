"""Making deals: what is filled in, what is refused, and who may."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from chassis.testing.service import Actor, acting_as
from contracts import gateway
from kernel.ids import uuid7

Stage = Callable[..., str]
EUR = {"amount": "100.50", "currency": "EUR"}


async def test_a_name_and_a_pipeline_make_a_deal(app: Any, general: str, stage: Stage) -> None:
    # DEA-015, DEA-017, DEA-020, DEA-021, DEA-029, GAT-001
    async with app.client() as client:
        answer = await client.post("/v1/deals", json={"title": "Big one", "pipeline_id": general})
        deal = answer.json()
        read = await client.get(answer.headers["Location"])
    assert answer.status_code == 201, answer.text
    assert (read.json(), read.headers["ETag"]) == (deal, '"1"')
    assert (deal["name"], deal["status"], deal["version"]) == ("Big one", "open", 1)
    assert deal["amount"] == {"amount": "0.00", "currency": "EUR"}
    assert (deal["stage"]["id"], deal["stage"]["place"], deal["stage"]["of"]) == (
        stage("Lead"),
        1,
        6,
    )
    assert (deal["probability"], deal["probability_is_manual"]) == (10, False)
    assert deal["code"].startswith("DL-1")
    assert len(deal["ticket"]) == 11
    assert deal["owner"] == {"id": str(app.admin.user_id), "name": "Ada Admin"}
    assert deal["department"] == {"id": str(app.department), "name": "Sales"}
    (entry,) = deal["stage_history"]
    assert (entry["stage"]["name"], entry["way"], entry["days_in_previous"]) == (
        "Lead",
        "form",
        "0",
    )
    (created,) = await app.service.said("deals.deal.created")
    assert (created.aggregateversion, created.departmentid) == (1, app.department)
    assert created.data["amount"] == deal["amount"]


async def test_the_names_of_other_products_mean_the_same_fields(app: Any) -> None:  # DEA-016
    owner = uuid7()
    await app.know_user(owner, "Olga")
    for names in (("title", "value", "assigned_to"), ("name", "expected_revenue", "owner")):
        body = dict(zip(names, ("Deal", EUR, str(owner)), strict=True))
        deal = await app.call("POST", "/deals", 201, json=body)
        assert (deal["name"], deal["amount"], deal["owner"]["name"]) == ("Deal", EUR, "Olga")


async def test_the_optional_fields_are_kept_as_given(app: Any) -> None:  # DEA-019
    company, customer, owner = await app.know_company(), await app.know_customer(), uuid7()
    await app.know_user(owner, "Olga")
    body = {
        "description": "First line\nSecond line",
        "amount": EUR,
        "expected_close": "2026-12-24",
        "probability": 45,
    }
    people = {"company_id": str(company), "customer_id": str(customer), "owner_id": str(owner)}
    deal = await app.make(**body, **people)
    assert {name: deal[name] for name in body} == body
    named = {f"{name}_id": deal[name]["id"] for name in ("company", "customer", "owner")}
    assert named == people
    bare = await app.make()
    assert [bare[name] for name in ("description", "expected_close", "company", "customer")] == [
        None
    ] * 4


async def test_the_further_fields_are_kept_as_given(app: Any) -> None:  # DEA-022
    links = await app.links()
    body = {
        "code": "OFFER-1",
        "crm_ref": str(uuid7()),
        "priority": 4,
        "important": True,
        "next_step": "x" * 250,
        "next_step_date": "2026-12-24",
        "remind_me": True,
        "country": "DE",
        "city": "Bonn",
        "source_id": str(uuid7()),
    }
    deal = await app.make(name="y" * 250, **body, **links)
    assert {name: deal[name] for name in body} == body
    assert {field: deal[field.removesuffix("_id")]["id"] for field in links} == links
    assert (deal["name"], len(deal["ticket"])) == ("y" * 250, 11)
    (created,) = await app.service.said("deals.deal.created")
    told = ("code", "crm_ref", "country", "city", "source_id", *links)
    assert {name: created.data[name] for name in told} == {
        name: value for name, value in {**body, **links}.items() if name in told
    }


async def test_the_pipeline_of_the_settings_comes_first_and_without_any_none_is_chosen(
    app: Any, general: str
) -> None:  # DEA-018, DEA-021
    chosen = await app.call("POST", "/pipelines", 201, json={"name": "Chosen"})
    await app.call("POST", f"/pipelines/{chosen['id']}/stages", 201, json={"name": "Start"})
    await app.set("deals.default_pipeline", chosen["id"])
    await app.set("deals.default_probability", 33)
    deal = await app.make()
    assert (deal["pipeline"]["name"], deal["probability"]) == ("Chosen", 33)
    await app.call("PATCH", f"/pipelines/{chosen['id']}", json={"is_active": False})
    assert (await app.make())["pipeline"]["name"] == "General"
    await app.call("PATCH", f"/pipelines/{general}", json={"is_default": False})
    problem = await app.call("POST", "/deals", 422, json={"name": "x"})
    assert problem["errors"][0]["code"] == "pipeline_unknown"


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "/name"),
    ({"name": " "}, "/name"),
    ({"name": "x" * 251}, "/name"),
    ({"name": "x", "pipeline_id": None}, "/pipeline_id"),
    ({"name": "x", "pipeline_id": ""}, "/pipeline_id"),
    ({"name": "x", "amount": {"amount": "-1", "currency": "EUR"}}, "/amount"),
    ({"name": "x", "amount": {"amount": "1.005", "currency": "EUR"}}, "/amount/amount"),
    ({"name": "x", "amount": {"amount": "1.5", "currency": "JPY"}}, "/amount/amount"),
    ({"name": "x", "amount": {"amount": "1", "currency": "EURO"}}, "/amount/currency"),
    ({"name": "x", "amount": {"amount": "1", "currency": "BTC"}}, "/amount/currency"),
    ({"name": "x", "amount": {"amount": "1", "currency": "BRL"}}, "/amount/currency"),
    ({"name": "x", "amount": {"amount": "NaN", "currency": "EUR"}}, "/amount/amount"),
    ({"name": "x", "amount": {"amount": "1" + "0" * 18, "currency": "EUR"}}, "/amount/amount"),
    ({"name": "x", "amount": 5}, "/amount"),
    ({"name": "x", "probability": 101}, "/probability"),
    ({"name": "x", "probability": 1.5}, "/probability"),
    ({"name": "x", "priority": 5}, "/priority"),
    ({"name": "x", "next_step": "x" * 251}, "/next_step"),
    ({"name": "x", "expected_close": "2026-02-30"}, "/expected_close"),
    ({"name": "x", "company_id": str(uuid7())}, "/company_id"),
    ({"name": "x", "customer_id": str(uuid7())}, "/customer_id"),
    ({"name": "x", "owner_id": str(uuid7())}, "/owner_id"),
    ({"name": "x", "co_owner_id": str(uuid7())}, "/co_owner_id"),
    ({"name": "x", "team_id": str(uuid7())}, "/team_id"),
    ({"name": "x", "department_id": str(uuid7())}, "/department_id"),
    ({"name": "x", "contact_id": str(uuid7())}, "/contact_id"),
    ({"name": "x", "partner_id": str(uuid7())}, "/partner_id"),
    ({"name": "x", "lead_id": str(uuid7())}, "/lead_id"),
    ({"name": "x", "request_id": str(uuid7())}, "/request_id"),
    ({"name": "x", "priority": -1}, "/priority"),
    ({"name": "x", "important": "yes"}, "/important"),
    ({"name": "x", "stage_id": str(uuid7())}, "/stage_id"),
    ({"name": "x", "pipeline_id": str(uuid7())}, "/pipeline_id"),
    ({"name": "x", "code": "DL-1"}, "/code"),
    ({"name": "x", "code": "x" * 21}, "/code"),
    ({"name": "x", "created_at": "2026-01-01T00:00:00Z"}, "/created_at"),
    ({"name": "x", "version": 3}, "/version"),
)


async def test_wrong_input_is_refused_and_stores_nothing(app: Any) -> None:
    # DEA-015, DEA-020, DEA-022, GAT-013
    for body, field in WRONG:
        problem = await app.call("POST", "/deals", 422, json=body)
        assert [error["field"] for error in problem["errors"]] == [field], body
    assert await app.topics() == []
    assert (await app.call("GET", "/deals?status=all"))["items"] == []


async def test_blacklisted_customers_and_inactive_companies_get_no_deals(app: Any) -> None:
    # DEA-020
    blacklisted = await app.know_customer(blacklisted=True)
    inactive = await app.know_company(active=False)
    body = {"name": "x", "customer_id": str(blacklisted), "company_id": str(inactive)}
    problem = await app.call("POST", "/deals", 422, json=body)
    assert {(error["field"], error["code"]) for error in problem["errors"]} == {
        ("/customer_id", "customer_blacklisted"),
        ("/company_id", "company_inactive"),
    }
    assert await app.topics() == []


async def test_a_stage_of_another_pipeline_and_an_empty_pipeline_are_refused(
    app: Any, general: str, stage: Stage
) -> None:  # DEA-017
    foreign = {"name": "x", "pipeline_id": general, "stage_id": stage("New", "probability")}
    await app.call("POST", "/deals", 422, json=foreign)
    empty = await app.call("POST", "/pipelines", 201, json={"name": "Empty"})
    problem = await app.call("POST", "/deals", 422, json={"name": "x", "pipeline_id": empty["id"]})
    assert problem["errors"][0]["code"] == "stage_unknown"
    assert await app.topics() == []


async def test_a_disabled_pipeline_gets_no_new_deals_and_keeps_its_old_ones_movable(
    app: Any, stage: Stage
) -> None:  # DEA-003
    pipelines = (await app.call("GET", "/pipelines"))["items"]
    other = next(p["id"] for p in pipelines if p["name"] == "By probability")
    deal = await app.make(pipeline_id=other)
    await app.call("PATCH", f"/pipelines/{other}", json={"is_active": False})
    problem = await app.call("POST", "/deals", 422, json={"name": "x", "pipeline_id": other})
    assert problem["errors"][0]["code"] == "pipeline_unknown"
    offered = (await app.call("GET", "/pipelines?is_active=true"))["items"]
    assert other not in [pipeline["id"] for pipeline in offered]
    assert (await app.call("GET", f"/deals?pipeline={other}"))["items"][0]["id"] == deal["id"]
    body = {"stage_id": stage("Proposal", "probability")}
    moved = await app.call("POST", f"/deals/{deal['id']}/move", json=body)
    assert moved["stage"]["name"] == "Proposal"


async def test_the_departments_default_pipeline_comes_before_the_general_one(app: Any) -> None:
    # DEA-002, DEA-018
    own = await app.call(
        "POST",
        "/pipelines",
        201,
        json={"name": "Own", "is_default": True, "department_id": str(app.department)},
    )
    stages = f"/pipelines/{own['id']}/stages"
    await app.call("POST", stages, 201, json={"name": "Later"})
    first = await app.call("POST", stages, 201, json={"name": "First", "is_default": True})
    deal = await app.make()
    assert (deal["pipeline"]["name"], deal["stage"]["name"]) == ("Own", "First")
    assert deal["probability"] == 10  # the setting's, as the stage has none
    assert deal["stage"]["id"] == first["id"]
    nobody = await app.make(owner_id=None, department_id=None, probability=35)
    assert nobody["owner"] is None
    assert (nobody["probability"], nobody["probability_is_manual"]) == (35, True)


async def test_amounts_are_in_the_departments_currency_unless_said_otherwise(app: Any) -> None:
    # DEA-020
    department = uuid7()
    group = gateway.DepartmentChanged(id=department, name="US", currency="USD", active=True)
    await app.hear(group, service="gateway")
    deal = await app.make(department_id=str(department))
    assert deal["amount"] == {"amount": "0.00", "currency": "USD"}


async def test_a_deal_made_in_a_won_stage_is_won_by_the_one_routine(
    app: Any, stage: Stage
) -> None:  # DEA-052
    deal = await app.make(stage_id=stage("Won"))
    assert (deal["status"], deal["probability"], deal["version"]) == ("won", 100, 3)
    assert await app.topics() == ["deal.created", "deal.stage_changed", "deal.won"]


async def test_a_hundred_parallel_deals_get_a_hundred_codes(app: Any) -> None:  # GAT-015
    gate = asyncio.Semaphore(8)

    async def make(client: Any, number: int) -> Any:
        async with gate:
            return await client.post("/v1/deals", json={"name": f"Deal {number}"})

    async with app.client() as client:
        answers = await asyncio.gather(*(make(client, number) for number in range(100)))
    assert [answer.text for answer in answers if answer.status_code != 201] == []
    codes = {answer.json()["code"] for answer in answers}
    assert len(codes) == 100
    assert min(int(code.removeprefix("DL-")) for code in codes) == 1000


async def test_a_code_of_the_callers_own_is_kept_once(app: Any) -> None:  # GAT-015
    assert (await app.make(code="OFFER 7"))["code"] == "OFFER 7"
    await app.call("POST", "/deals", 409, json={"name": "x", "code": "OFFER 7"})
    async with app.client() as client:
        body = {"name": "x", "code": "TWICE"}
        answers = await asyncio.gather(*(client.post("/v1/deals", json=body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_one_idempotency_key_makes_one_deal(app: Any) -> None:  # GAT-004
    headers = {"Idempotency-Key": "once"}
    first = await app.call("POST", "/deals", 201, json={"name": "x"}, headers=headers)
    assert await app.call("POST", "/deals", 201, json={"name": "x"}, headers=headers) == first
    assert await app.topics() == ["deal.created"]


async def test_deals_are_made_within_the_callers_right(app: Any) -> None:
    seller = acting_as("deals", "sales_manager", departments=(app.department,))
    stranger = Actor({"deal.view": "all"})
    await app.know_user(seller.user_id, "Sam")
    async with app.service.client() as nobody:
        assert (await nobody.post("/v1/deals", json={"name": "x"})).status_code == 401
    await app.call("POST", "/deals", 403, actor=stranger, json={"name": "x"})
    other = uuid7()
    foreign = gateway.DepartmentChanged(id=other, name="Other", active=True)
    await app.hear(foreign, service="gateway")
    body = {"name": "x", "department_id": str(other), "owner_id": None}
    await app.call("POST", "/deals", 403, actor=seller, json=body)
    assert await app.topics() == []
    deal = await app.make(seller)
    assert UUID(deal["owner"]["id"]) == seller.user_id
