"""Pipelines, stages and closing reasons: names once, flags once, and nothing in use removed."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from chassis.origin import by_system
from chassis.testing.service import acting_as
from deals.commands.shipped import ensure_shipped
from kernel.ids import uuid7

Stage = Callable[..., str]


async def test_a_new_suite_has_the_shipped_pipelines_reasons_and_currencies(app: Any) -> None:
    # DEA-006, DEA-068, DEA-099
    pipelines = (await app.call("GET", "/pipelines"))["items"]
    assert [(p["name"], p["is_default"]) for p in pipelines] == [
        ("General", True),
        ("By probability", False),
        ("Sales department", False),
    ]
    stages = (await app.call("GET", f"/pipelines/{pipelines[0]['id']}/stages"))["items"]
    names = [s["name"] for s in stages]
    assert names == ["Lead", "Qualified", "Proposal", "Negotiation", "Won", "Lost"]
    assert [s["name"] for s in stages if s["is_default"]] == ["Lead"]
    assert [(s["is_won"], s["is_lost"]) for s in stages[-2:]] == [(True, False), (False, True)]
    chances = (await app.call("GET", f"/pipelines/{pipelines[1]['id']}/stages"))["items"]
    assert [s["probability"] for s in chances] == [10, 20, 40, 60, 70, 80, 90, 100, 0]
    steps = (await app.call("GET", f"/pipelines/{pipelines[2]['id']}/stages"))["items"]
    assert [s["name"] for s in steps] == [
        "First contact",
        "Offer",
        "Contract",
        "First payment",
        "Shipment",
        "Final payment",
        "Lost",
    ]
    reasons = (await app.call("GET", "/closing-reasons?limit=50"))["items"]
    assert [r["name"] for r in reasons if r["outcome"] == "won"] == ["Completed"]
    assert [r["name"] for r in reasons if r["outcome"] == "lost"] == [
        "Too expensive",
        "Chose competitor",
        "No budget",
        "No response",
        "Bad timing",
        "Requirements not met",
        "Contact lost",
        "Irrelevant",
        "Other",
    ]
    assert [r["name"] for r in reasons if r["is_irrelevant"]] == ["Irrelevant"]
    assert len(reasons) == 10
    currencies = (await app.call("GET", "/currencies?limit=50"))["items"]
    assert [c["code"] for c in currencies if c["is_national"]] == ["EUR"]
    assert {"EUR", "USD", "GBP"} <= {c["code"] for c in currencies if c["is_active"]}
    said = await app.service.said("deals.pipeline.changed", "deals.stage.changed")
    assert len(said) == 3 + 6 + 9 + 7


async def test_starting_again_and_in_parallel_ships_nothing_twice(app: Any) -> None:  # DEA-006
    async def start() -> None:
        async with app.service.database.transaction(by_system("shipped")) as session:
            await ensure_shipped(session)

    before = len(await app.service.said())
    await asyncio.gather(*(start() for _ in range(4)))
    assert len(await app.service.said()) == before


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_department_gets_a_pipeline_of_its_own_from_a_template(
    app: Any, place: int
) -> None:  # DEA-006
    template = ("general", "probability", "sales_department")[place]
    shipped = (await app.call("GET", "/pipelines"))["items"][place]
    body = {"name": "Berlin", "department_id": str(app.department), "template": template}
    made = await app.call("POST", "/pipelines", 201, json=body)
    assert (made["department_id"], made["is_default"]) == (str(app.department), False)

    async def steps(pipeline: str) -> list[dict[str, Any]]:
        listed = (await app.call("GET", f"/pipelines/{pipeline}/stages"))["items"]
        own = ("id", "pipeline_id")
        return [{key: step[key] for key in step.keys() - {*own}} for step in listed]

    assert await steps(made["id"]) == await steps(shipped["id"])
    stages = await app.service.said("deals.stage.changed")
    assert {s.data["pipeline_id"] for s in stages[-6:]} == {made["id"]}


async def test_a_pipeline_name_is_taken_once_whatever_its_case(app: Any) -> None:  # DEA-001
    made = await app.call("POST", "/pipelines", 201, json={"name": "Export"})
    assert (made["position"], made["version"]) == (4, 1)
    async with app.client() as client:
        again = await client.post("/v1/pipelines", json={"name": "EXPORT"})
        renamed = await client.patch(f"/v1/pipelines/{made['id']}", json={"name": "general"})
        parallel = await asyncio.gather(
            *(client.post("/v1/pipelines", json={"name": "Twice"}) for _ in range(4))
        )
    assert (again.status_code, again.json()["code"]) == (409, "pipeline_name_taken")
    assert renamed.status_code == 409
    assert sorted(answer.status_code for answer in parallel) == [201, 409, 409, 409]


async def test_a_pipeline_that_is_not_right_is_refused(app: Any) -> None:
    before = await app.service.said()
    wrong: tuple[dict[str, Any], ...] = (
        {},
        {"name": ""},
        {"name": "x" * 256},
        {"name": "x", "description": "d" * 1001},
        {"name": "x", "is_default": "yes"},
        {"name": "x", "position": 1},
        {"name": "x", "version": 7},
        {"name": "x", "department_id": str(uuid7())},
        {"name": "x", "template": "none"},
    )
    for body in wrong:
        problem = await app.call("POST", "/pipelines", 422, json=body)
        assert problem["errors"][0]["field"].startswith("/")
    assert await app.service.said() == before


async def test_the_default_flag_moves_within_its_scope_only(app: Any, general: str) -> None:
    # DEA-002
    other = await app.call("POST", "/pipelines", 201, json={"name": "A"})
    local = await app.call(
        "POST",
        "/pipelines",
        201,
        json={"name": "B", "is_default": True, "department_id": str(app.department)},
    )
    assert (await app.call("GET", f"/pipelines/{general}"))["is_default"]
    await app.call("PATCH", f"/pipelines/{other['id']}", json={"is_default": True})
    assert not (await app.call("GET", f"/pipelines/{general}"))["is_default"]
    assert (await app.call("GET", f"/pipelines/{local['id']}"))["is_default"]


async def test_parallel_default_flags_leave_exactly_one_default(app: Any) -> None:  # DEA-002
    made = [await app.call("POST", "/pipelines", 201, json={"name": f"P{n}"}) for n in range(4)]
    async with app.client() as client:
        answers = await asyncio.gather(
            *(client.patch(f"/v1/pipelines/{p['id']}", json={"is_default": True}) for p in made)
        )
    assert {answer.status_code for answer in answers} == {200}
    pipelines = (await app.call("GET", "/pipelines?limit=50"))["items"]
    assert sum(p["is_default"] for p in pipelines) == 1


async def test_a_default_pipeline_is_neither_disabled_nor_deleted(app: Any, general: str) -> None:
    # DEA-003, DEA-005
    await app.call("PATCH", f"/pipelines/{general}", 409, json={"is_active": False})
    await app.call("DELETE", f"/pipelines/{general}", 409)
    empty = await app.call("POST", "/pipelines", 201, json={"name": "Empty"})
    await app.call("DELETE", f"/pipelines/{empty['id']}", 204)
    await app.call("GET", f"/pipelines/{empty['id']}", 404)
    full = await app.call("POST", "/pipelines", 201, json={"name": "Empty"})  # free again
    stages = f"/pipelines/{full['id']}/stages"
    only = await app.call("POST", stages, 201, json={"name": "Only", "is_default": True})
    await app.call("DELETE", f"/pipelines/{full['id']}", 409)
    await app.call("DELETE", f"{stages}/{only['id']}", 204)  # DEA-011: the last one goes
    await app.call("DELETE", f"/pipelines/{full['id']}", 204)


async def test_a_suite_without_any_pipeline_gets_the_general_one_again(app: Any) -> None:
    # DEA-006
    for pipeline in (await app.call("GET", "/pipelines"))["items"]:
        path = f"/pipelines/{pipeline['id']}"
        await app.call("PATCH", path, json={"is_default": False})
        stages = (await app.call("GET", f"{path}/stages"))["items"]
        for stage in sorted(stages, key=lambda stage: bool(stage["is_default"])):
            await app.call("DELETE", f"{path}/stages/{stage['id']}", 204)
        await app.call("DELETE", path, 204)
    (again,) = (await app.call("GET", "/pipelines"))["items"]
    assert (again["name"], again["is_default"], again["position"]) == ("General", True, 1)
    assert (await app.make())["stage"]["name"] == "Lead"


async def test_the_order_of_pipelines_is_stored_and_unknown_ids_are_refused(app: Any) -> None:
    # DEA-004
    ids = [p["id"] for p in (await app.call("GET", "/pipelines"))["items"]]
    await app.call("PUT", "/pipelines/order", 204, json={"ids": ids[::-1]})
    assert [p["id"] for p in (await app.call("GET", "/pipelines"))["items"]] == ids[::-1]
    for wrong, code in (([str(uuid7())], "pipeline_unknown"), ([ids[0]] * 2, "pipeline_repeated")):
        problem = await app.call("PUT", "/pipelines/order", 422, json={"ids": wrong})
        assert problem["errors"][0]["code"] == code
        assert problem["errors"][0]["field"] == f"/ids/{len(wrong) - 1}"


async def test_a_stage_name_is_taken_once_per_pipeline(app: Any, general: str) -> None:  # DEA-007
    path = f"/pipelines/{general}/stages"
    await app.call("POST", path, 409, json={"name": "proposal"})
    other = await app.call("POST", "/pipelines", 201, json={"name": "Other"})
    made = await app.call(
        "POST", f"/pipelines/{other['id']}/stages", 201, json={"name": "Proposal"}
    )
    assert (made["rot_days"], made["position"]) == (14, 1)
    for wrong in ({"probability": 101}, {"probability": -1}, {"probability": 1.5}, {"colour": "x"}):
        await app.call("POST", path, 422, json={"name": "New", **wrong})
    await app.call("GET", f"{path}/{made['id']}", 404)  # through another pipeline's path


async def test_won_and_lost_are_one_stage_each(app: Any, general: str, stage: Stage) -> None:
    # DEA-008
    path = f"/pipelines/{general}/stages"
    await app.call("POST", path, 422, json={"name": "Both", "is_won": True, "is_lost": True})
    await app.call("PATCH", f"{path}/{stage('Lost')}", 422, json={"is_won": True})
    await app.call("PATCH", f"{path}/{stage('Negotiation')}", json={"is_won": True})
    stages = (await app.call("GET", path))["items"]
    assert [s["name"] for s in stages if s["is_won"]] == ["Negotiation"]
    async with app.client() as client:
        await asyncio.gather(
            *(
                client.patch(f"/v1{path}/{stage(name)}", json={"is_default": True})
                for name in ("Lead", "Qualified", "Proposal")
            )
        )
    stages = (await app.call("GET", path))["items"]
    assert sum(s["is_default"] for s in stages) == 1


async def test_a_stage_in_use_or_the_default_one_stays(
    app: Any, general: str, stage: Stage
) -> None:  # DEA-011
    path = f"/pipelines/{general}/stages"
    await app.make(stage_id=stage("Proposal"))
    await app.call("DELETE", f"{path}/{stage('Proposal')}", 409)
    await app.call("DELETE", f"{path}/{stage('Lead')}", 409)
    await app.call("DELETE", f"{path}/{stage('Qualified')}", 204)


async def test_closing_reasons_are_the_administrators_list(app: Any) -> None:  # DEA-066
    path = "/closing-reasons"
    made = await app.call("POST", path, 201, json={"name": "Moved abroad", "outcome": "lost"})
    await app.call("POST", path, 409, json={"name": "moved ABROAD", "outcome": "lost"})
    own = {"name": "Moved abroad", "outcome": "lost", "department_id": str(app.department)}
    await app.call("POST", path, 201, json=own)
    await app.call("POST", path, 422, json={"name": "X", "outcome": "maybe"})
    foreign = {"name": "X", "outcome": "won", "department_id": str(uuid7())}
    await app.call("POST", path, 422, json=foreign)
    await app.call("POST", path, 201, json={"name": "Framework contract", "outcome": "won"})
    changed = await app.call("PATCH", f"{path}/{made['id']}", json={"is_active": False})
    assert changed["version"] == 2
    active = (await app.call("GET", f"{path}?is_active=true&outcome=lost&limit=50"))["items"]
    assert made["id"] not in [reason["id"] for reason in active]
    await app.call("DELETE", f"{path}/{made['id']}", 204)


async def test_a_stale_edit_of_a_dictionary_is_refused(app: Any, general: str) -> None:  # GAT-003
    path = f"/pipelines/{general}"
    await app.call("PATCH", path, headers={"If-Match": '"1"'}, json={"name": "One"})
    await app.call("PATCH", path, 412, headers={"If-Match": '"1"'}, json={"name": "Two"})
    async with app.client() as client:
        read = await client.get(f"/v1{path}")
    assert (read.json()["name"], read.headers["ETag"]) == ("One", '"2"')


async def test_only_those_who_manage_dictionaries_change_them(app: Any, general: str) -> None:
    seller = acting_as("deals", "sales_manager")
    stages = f"/pipelines/{general}/stages"
    body = {"name": "Mine"}
    before = await app.service.said()
    async with app.service.client() as nobody:
        assert (await nobody.get("/v1/pipelines")).status_code == 401
        assert (await nobody.post(f"/v1{stages}", json=body)).status_code == 401
    await app.call("GET", "/pipelines", actor=seller)
    await app.call("GET", stages, actor=seller)
    for method, path in (
        ("POST", "/pipelines"),
        ("PATCH", f"/pipelines/{general}"),
        ("DELETE", f"/pipelines/{general}"),
        ("PUT", "/pipelines/order"),
        ("POST", stages),
        ("POST", "/closing-reasons"),
    ):
        await app.call(method, path, 403, actor=seller, json=body)
    assert await app.service.said() == before
