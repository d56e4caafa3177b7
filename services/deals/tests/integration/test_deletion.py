"""Deleted records: administrators list, restore and purge them, time removes the rest (GAT-014)."""

import asyncio
from functools import partial
from typing import Any, NamedTuple

import httpx2
from sqlalchemy import text

from chassis.removal import purge_overdue
from chassis.testing.service import acting_as
from deals.queries.removables import REMOVABLES
from kernel.ids import uuid7

EUR = {"amount": "100", "currency": "EUR"}
RECEIVED = {"amount": EUR, "date": "2026-03-02", "status": "received"}


class Thing(NamedTuple):
    """A record: its kind, the list it is in, its address and its address for purging."""

    kind: str
    shelf: str
    path: str
    purge: str


async def _make(app: Any, kind: str, shelf: str, *, place: str = "", **body: Any) -> Thing:
    made = await app.call("POST", shelf, 201, json=body)
    flat = place or shelf
    return Thing(kind, shelf, f"{flat}/{made['id']}", f"{flat}/{made['id']}/purge")


async def _stage(app: Any, pipeline: str, name: str = "Step", **body: Any) -> Thing:
    made = await _make(app, "stage", f"/pipelines/{pipeline}/stages", name=name, **body)
    return made._replace(purge=f"/stages/{_id(made)}/purge")


async def _one_of_each(app: Any, pipeline: str) -> list[Thing]:
    deal = await app.make()
    path = f"/deals/{deal['id']}"
    return [
        await _make(app, "pipeline", "/pipelines", name="Export"),
        await _stage(app, pipeline),
        await _make(app, "closing_reason", "/closing-reasons", name="Rain", outcome="lost"),
        await _make(app, "product", "/products", name="Lamp"),
        await _make(app, "deal", "/deals", name="Other"),
        await _make(
            app, "output", f"{path}/outputs", place="/outputs", text="Work", quantity="1", total=EUR
        ),
        await _make(app, "payment", f"{path}/payments", place="/payments", **RECEIVED),
    ]


def _id(thing: Thing) -> str:
    return thing.path.rpartition("/")[2]


async def _listed(app: Any, thing: Thing, query: str = "") -> bool:
    items = (await app.call("GET", f"{thing.shelf}?limit=200{query}"))["items"]
    return _id(thing) in [item["id"] for item in items]


async def _delete(app: Any, *things: Thing) -> None:
    for thing in things:
        await app.call("DELETE", thing.path, 204)


async def _audited(app: Any, thing: Thing, action: str) -> bool:
    entries = await app.service.said("deals.audit.recorded")
    return any(
        (entry.data["action"], entry.data["record"])
        == (action, {"kind": thing.kind, "id": _id(thing)})
        for entry in entries
    )


async def _run(app: Any, statement: str, **values: Any) -> Any:
    async with app.service.database.engine.begin() as connection:
        return await connection.execute(text(statement), values)


async def _count(app: Any, table: str) -> int:
    number: int = (await _run(app, f"select count(*) from {table}")).scalar_one()  # noqa: S608 - ours
    return number


async def _age(app: Any, thing: Thing, days: int) -> None:
    statement = (
        f"update {thing.kind} set deleted_at = now() - :days * interval '1 day' where id = :id"  # noqa: S608 - ours
    )
    await _run(app, statement, days=days, id=_id(thing))


async def test_administrators_list_and_restore_what_is_deleted(app: Any, general: str) -> None:
    """GAT-014, GAT-003: and what comes back is told with its next version."""
    reader = acting_as("deals", "accountant")
    for thing in await _one_of_each(app, general):
        await _delete(app, thing)
        assert not await _listed(app, thing), thing
        assert await _listed(app, thing, "&deleted=true"), thing
        said = await app.service.said()
        restore = f"{thing.path}/restore"
        async with app.service.client() as nobody:
            assert (await nobody.post(f"/v1{restore}")).status_code == 401
        await app.call("GET", f"{thing.shelf}?deleted=true", 403, actor=reader)
        await app.call("POST", restore, 403, actor=reader)
        await app.call("POST", thing.purge, 403, actor=reader)
        await app.call("POST", restore, 412, headers={"If-Match": '"1"'})
        assert await app.service.said() == said
        async with app.client() as client:
            answer: httpx2.Response = await client.post(
                f"/v1{restore}", headers={"If-Match": '"2"'}
            )
        assert (answer.status_code, answer.headers["ETag"]) == (200, '"3"'), answer.text
        assert answer.json() == await app.call("GET", thing.path)
        assert await _listed(app, thing)
        assert not await _listed(app, thing, "&deleted=true")
        told = (await app.service.said())[len(said)]
        assert (told.aggregate_id.hex, told.aggregateversion) == (_id(thing).replace("-", ""), 3)
        await app.call("POST", restore, 404)


async def test_a_right_over_some_deals_does_not_reach_deleted_ones(app: Any, general: str) -> None:
    """GAT-014: a narrower scope is no administrator's."""
    seller = acting_as("deals", "sales_manager", departments=(app.department,))
    things = [
        t for t in await _one_of_each(app, general) if t.kind in ("deal", "output", "payment")
    ]
    await _delete(app, *things)
    for thing in things:
        await app.call("GET", f"{thing.shelf}?deleted=true", 403, actor=seller)
        for address in (f"{thing.path}/restore", thing.purge):
            await app.call("POST", address, 403, actor=seller)


async def test_a_name_that_is_taken_meanwhile_keeps_its_old_bearer_out(
    app: Any, general: str
) -> None:
    """GAT-014: 409 with the code that making a second one answers."""
    code = {"name": "Deal", "code": "OWN-1"}
    makers = (
        partial(_make, app, "pipeline", "/pipelines", name="Export"),
        partial(_stage, app, general),
        partial(_make, app, "closing_reason", "/closing-reasons", name="Rain", outcome="lost"),
        partial(_make, app, "deal", "/deals", **code),
    )
    for make in makers:
        old: Thing = await make()
        await _delete(app, old)
        new: Thing = await make()
        said = await app.service.said()
        problem = await app.call("POST", f"{old.path}/restore", 409)
        taken = "deal_code_taken" if old.kind == "deal" else f"{old.kind}_name_taken"
        assert problem["code"] == taken
        assert await app.service.said() == said
        await _delete(app, new)
        await app.call("POST", f"{old.path}/restore")


async def test_of_two_deals_with_one_code_restored_at_once_one_comes_back(app: Any) -> None:
    """GAT-014."""
    deals = []
    for _ in range(2):
        deals.append(await _make(app, "deal", "/deals", name="Deal", code="OWN-1"))
        await _delete(app, deals[-1])
    async with app.client() as client:
        answers = await asyncio.gather(*(client.post(f"/v1{d.path}/restore") for d in deals))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_restored_stage_gives_way_to_the_flags_and_places_of_others(
    app: Any, general: str, stage: Any
) -> None:
    """GAT-014, DEA-008: one default, one won, one lost per pipeline."""
    shelf = f"/pipelines/{general}/stages"
    won, lost = (f"{shelf}/{stage(name)}" for name in ("Won", "Lost"))
    await app.call("DELETE", won, 204)
    await app.call("DELETE", lost, 204)
    await _stage(app, general, "Sold", is_won=True, position=5)
    restored = await app.call("POST", f"{won}/restore")
    assert (restored["is_won"], restored["position"]) == (False, 6)
    restored = await app.call("POST", f"{lost}/restore")
    assert (restored["is_lost"], restored["position"]) == (True, 7)
    stages = (await app.call("GET", shelf))["items"]
    assert [s["name"] for s in stages if s["is_won"]] == ["Sold"]
    assert len({s["position"] for s in stages}) == len(stages)
    audits = await app.service.said("deals.audit.recorded")
    changes = next(a.data["changes"] for a in audits if a.data["action"] == "restored")
    assert {c["field"]: (c["old"], c["new"]) for c in changes} == {
        "name": (None, "Won"),
        "position": (5, 6),
        "is_won": (True, False),
    }


async def test_a_restored_entry_has_its_old_place_if_that_is_free(app: Any, general: str) -> None:
    """GAT-014."""
    shelf = f"/pipelines/{general}/stages"
    second = (await app.call("GET", shelf))["items"][1]
    await app.call("DELETE", f"{shelf}/{second['id']}", 204)
    await app.call("POST", f"{shelf}/{second['id']}/restore")
    assert (await app.call("GET", shelf))["items"][1]["name"] == second["name"]
    pipelines = [await _make(app, "pipeline", "/pipelines", name=name) for name in ("A", "B")]
    await _delete(app, pipelines[0])
    ids = [p["id"] for p in (await app.call("GET", "/pipelines"))["items"]]
    await app.call("PUT", "/pipelines/order", 204, json={"ids": ids})
    back = await app.call("POST", f"{pipelines[0].path}/restore")
    assert (back["position"], back["is_default"]) == (5, False)
    assert [p["id"] for p in (await app.call("GET", "/pipelines"))["items"]] == [*ids, back["id"]]


async def test_what_belongs_to_something_deleted_waits_for_it(app: Any, general: str) -> None:
    """GAT-014: and a stage comes back through its own pipeline only."""
    pipeline = await _make(app, "pipeline", "/pipelines", name="Country")
    step = await _stage(app, _id(pipeline))
    await _delete(app, step, pipeline)
    problem = await app.call("POST", f"{step.path}/restore", 409)
    assert problem["code"] == "pipeline_deleted"
    await app.call("POST", f"{pipeline.path}/restore")
    await app.call("POST", f"/pipelines/{general}/stages/{_id(step)}/restore", 404)
    await app.call("POST", f"{step.path}/restore")
    *_, line, payment = await _one_of_each(app, general)
    deal = line.shelf.removesuffix("/outputs")
    await _delete(app, line, payment)
    await app.call("DELETE", deal, 204)
    said = await app.service.said()
    for part in (line, payment):
        problem = await app.call("POST", f"{part.path}/restore", 409)
        assert problem["code"] == "deal_deleted"
        await app.call("GET", f"{part.shelf}?deleted=true", 404)
    assert await app.service.said() == said
    await app.call("POST", f"{deal}/restore")
    for part in (line, payment):
        await app.call("POST", f"{part.path}/restore")


async def test_restored_lines_and_payments_count_again(app: Any, general: str) -> None:
    """GAT-014, DEA-096, EVT-044, EVT-046: told like new ones, noted in their deal's timeline."""
    deal = await app.make(amount=EUR)
    path = f"/deals/{deal['id']}"
    line = await app.call("POST", f"{path}/outputs", 201, json={"text": "Work", "quantity": "1"})
    paid = await app.call("POST", f"{path}/payments", 201, json=RECEIVED)
    for part in (f"/outputs/{line['id']}", f"/payments/{paid['id']}"):
        await app.call("DELETE", part, 204)
        await app.call("POST", f"{part}/restore")
    figures = (await app.call("GET", path))["payments"]
    assert figures["paid"] == {"amount": "100.00", "currency": "EUR"}
    added, again = await app.service.said("deals.output.added")
    assert (again.event(), again.aggregateversion) == (added.event(), 3)
    recorded, again = await app.service.said("deals.payment.recorded")
    assert (again.event(), again.aggregateversion) == (recorded.event(), 3)
    assert (await app.topics()).count("deal.paid_in_full") == 2
    entries = (await app.call("GET", f"{path}/timeline"))["items"]
    assert [e["action"] for e in entries[:3:2]] == ["payment_restored", "line_restored"]


async def test_a_payment_restored_into_a_lost_deal_is_cancelled(app: Any) -> None:
    """GAT-014, DEA-062."""
    deal = await app.make()
    path = f"/deals/{deal['id']}"
    low = {**RECEIVED, "status": "low"}
    paid = await app.call("POST", f"{path}/payments", 201, json=low)
    await app.call("DELETE", f"/payments/{paid['id']}", 204)
    await app.call("POST", f"{path}/lose", json={})
    back = await app.call("POST", f"/payments/{paid['id']}/restore")
    assert back["status"] == "cancelled"


async def test_administrators_purge_what_is_deleted(app: Any, general: str) -> None:
    """GAT-014: for good, audited; what is not deleted is not there to be purged."""
    for thing in await _one_of_each(app, general):
        await app.call("POST", thing.purge, 404)
        await _delete(app, thing)
        await app.call("POST", thing.purge, 412, headers={"If-Match": '"1"'})
        before = await _count(app, thing.kind)
        await app.call("POST", thing.purge, 204, headers={"If-Match": '"2"'})
        assert await _count(app, thing.kind) == before - 1
        assert not await _listed(app, thing, "&deleted=true")
        assert await _audited(app, thing, "purged")
        await app.call("POST", thing.purge, 404)
        await app.call("POST", f"{thing.path}/restore", 404)


async def test_a_purged_record_takes_its_parts_along(app: Any, stage: Any) -> None:
    """GAT-014: a deal its lines, payments and stages gone through; a pipeline its stages."""
    deal = await _make(app, "deal", "/deals", name="Deal")
    line = {"text": "Work", "quantity": "1"}
    low = {**RECEIVED, "status": "low"}
    await app.call("POST", f"{deal.path}/outputs", 201, json=line)
    await app.call("POST", f"{deal.path}/payments", 201, json=low)
    await app.call("POST", f"{deal.path}/move", json={"stage_id": stage("Proposal")})
    await _delete(app, deal)
    await app.call("POST", deal.purge, 204)
    tables = ("deal", "output", "payment", "stage_entry")
    assert [await _count(app, table) for table in tables] == [0] * 4
    pipeline = await _make(app, "pipeline", "/pipelines", name="Export")
    step = await _stage(app, _id(pipeline))
    await _delete(app, step, pipeline)
    await app.call("POST", pipeline.purge, 204)
    await app.call("POST", step.purge, 404)


async def _kept(app: Any, thing: Thing) -> None:
    problem = await app.call("POST", thing.purge, 409)
    assert problem["code"] == "record_still_named", thing
    assert not await _audited(app, thing, "purged")


async def test_what_a_record_names_stays(app: Any, general: str, stage: Any) -> None:
    """GAT-014: be the one that names it deleted itself, or only part of a history."""
    pipeline = await _make(app, "pipeline", "/pipelines", name="Export")
    step = await _stage(app, _id(pipeline))
    deal = await _make(app, "deal", "/deals", name="Deal", pipeline_id=_id(pipeline))
    product = await _make(app, "product", "/products", name="Lamp")
    reason = await _make(app, "closing_reason", "/closing-reasons", name="Rain", outcome="lost")
    line = {"product_id": _id(product), "quantity": "1"}
    line_id = (await app.call("POST", f"{deal.path}/outputs", 201, json=line))["id"]
    await app.call("PATCH", deal.path, json={"pipeline_id": general})  # it was in the step
    await app.call("POST", f"{deal.path}/lose", json={"reason_id": _id(reason)})
    await _delete(app, step, pipeline)
    await app.call("DELETE", f"/outputs/{line_id}", 204)
    await _delete(app, deal)
    for named in (product, reason):  # deleted by a way around the rules
        await _age(app, named, 0)
    for named in (step, pipeline, product, reason):
        await _kept(app, named)
    await app.call("POST", deal.purge, 204)
    for named in (step, pipeline, product, reason):
        await app.call("POST", named.purge, 204)


async def test_the_preferred_pipeline_and_the_stage_before_closing_stay(
    app: Any, general: str, stage: Any
) -> None:
    """GAT-014, DEA-056: the columns without a foreign key."""
    pipeline = await _make(app, "pipeline", "/pipelines", name="Export")
    await _delete(app, pipeline)
    await app.set("deals.default_pipeline", _id(pipeline))
    await _kept(app, pipeline)
    deal = await app.make(stage_id=stage("Proposal"))
    await app.call("POST", f"/deals/{deal['id']}/win", json={})
    before = Thing("stage", "", f"/pipelines/{general}/stages/{stage('Proposal')}", "")
    before = before._replace(purge=f"/stages/{_id(before)}/purge")
    await _delete(app, before)
    await _run(app, "delete from stage_entry where stage_id = :id", id=_id(before))
    await _kept(app, before)


async def test_what_is_deleted_long_enough_goes_by_itself(app: Any, general: str) -> None:
    """GAT-014: with its parts and in one round with what it names; the rest stays."""
    old = [*await _one_of_each(app, general)]
    await _delete(app, *old)
    pipeline = await _make(app, "pipeline", "/pipelines", name="Left")
    step = await _stage(app, _id(pipeline))
    living = await app.make(pipeline_id=_id(pipeline))
    gone = await _make(app, "deal", "/deals", name="Gone", pipeline_id=_id(pipeline))
    for path in (f"/deals/{living['id']}", gone.path):
        await app.call("PATCH", path, json={"pipeline_id": general})
    await _delete(app, gone, step, pipeline)
    young = await _make(app, "product", "/products", name="Young")
    await _delete(app, young)
    for thing in (*old, gone, step, pipeline):
        await _age(app, thing, 31)
    await _age(app, young, 29)
    said = await app.service.said()
    await purge_overdue(app.service.database, removables=REMOVABLES, days=30)
    assert await app.service.said() == said
    for thing in (*old, gone):
        await app.call("POST", f"{thing.path}/restore", 404)
        assert await _audited(app, thing, "purged"), thing
    assert await _listed(app, young, "&deleted=true")
    assert await _listed(app, pipeline, "&deleted=true")  # the living deal was in its step
    await app.call("DELETE", f"/deals/{living['id']}", 204)
    await _age(app, Thing("deal", "", f"/deals/{living['id']}", ""), 31)
    await purge_overdue(app.service.database, removables=REMOVABLES, days=30)
    assert [await _count(app, table) for table in ("stage_entry", "output")] == [1, 0]
    for thing in (step, pipeline):
        assert await _audited(app, thing, "purged"), thing


async def test_nothing_can_be_restored_or_purged_that_never_was(app: Any, general: str) -> None:
    """GAT-014."""
    for thing in await _one_of_each(app, general):
        other = str(uuid7())
        for address in (f"{thing.path}/restore", thing.purge):
            await app.call("POST", address.replace(_id(thing), other), 404)
