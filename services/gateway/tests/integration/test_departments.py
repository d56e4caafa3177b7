"""Departments (GAT-033, GAT-040, EVT-071)."""

import asyncio
from typing import Any
from uuid import UUID

from contracts.deals import DealDeleted, DealRestored
from contracts.intake import LeadAssigned, LeadSourceDefined
from kernel.ids import uuid7

Suite = Any
Json = dict[str, Any]


def _source(source: str, *, active: bool = True, deleted: bool = False) -> LeadSourceDefined:
    return LeadSourceDefined(id=UUID(source), name="Fair", flags={}, active=active, deleted=deleted)


async def test_a_department_is_made_changed_deleted_and_restored(suite: Suite) -> None:
    """GAT-014, GAT-033."""
    head, source = await suite.add_user("Head"), str(uuid7())
    await suite.hear(_source(source))
    north = await suite.add(
        "departments",
        name="North",
        head_id=head["id"],
        country="DE",
        currency="eur",
        works_globally=True,
        lead_source_id=source,
    )
    assert (north["currency"], north["lead_source_id"], north["active"]) == ("EUR", source, True)
    admin = await suite.login()
    path = f"/gateway/departments/{north['id']}"
    changed = await admin.patch(path, json={"name": "Far North", "country": None})
    assert (changed.json()["name"], changed.json()["country"]) == ("Far North", None)
    assert (await admin.delete(path, headers={"If-Match": '"1"'})).status_code == 412
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    assert (await admin.get(f"{path}/timeline")).status_code == 404
    assert (await admin.delete(path)).status_code == 404
    assert (await admin.get("/gateway/departments")).json()["items"] == []
    deleted = (await admin.get("/gateway/departments?deleted=true")).json()["items"]
    assert [item["id"] for item in deleted] == [north["id"]]
    again = await suite.add("departments", name="FAR north")
    taken = await admin.post(f"{path}/restore")
    assert (taken.status_code, taken.json()["code"]) == (409, "department_name_taken")
    await admin.patch(f"/gateway/departments/{again['id']}", json={"name": "South"})
    stale = await admin.post(f"{path}/restore", headers={"If-Match": '"2"'})
    assert stale.status_code == 412
    restored = await admin.post(f"{path}/restore", headers={"If-Match": '"3"'})
    assert (restored.json()["version"], restored.headers["ETag"]) == (4, '"4"')
    assert (await admin.post(f"{path}/restore")).status_code == 404
    said = await suite.service.said("gateway.department.changed")
    mine = [event for event in said if event.data["id"] == north["id"]]
    assert [(e.aggregateversion, e.data["active"]) for e in mine] == [
        (1, True), (2, True), (3, False), (4, True),
    ]  # fmt: skip
    assert mine[0].data["head_id"] == head["id"]
    timeline = (await admin.get(f"{path}/timeline")).json()["items"]
    assert [entry["action"] for entry in timeline] == ["restored", "deleted", "changed", "created"]


async def test_a_department_in_use_is_not_deleted(suite: Suite) -> None:
    north = await suite.add("departments", name="North")
    await suite.add("departments", name="Below", parent_id=north["id"])
    await suite.add_user("Anna", department_ids=[north["id"]])
    await suite.add("teams", name="Hunters", department_id=north["id"])
    refused = await (await suite.login()).delete(f"/gateway/departments/{north['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "department_used")
    assert refused.json()["uses"] == {"user": 1, "team": 1, "department": 1}


async def test_a_department_with_records_in_other_services_is_not_deleted(suite: Suite) -> None:
    """GAT-021, GAT-033, EVT-004: the gateway hears of them; what came too late changes nothing."""
    north = (await suite.add("departments", name="North"))["id"]
    south = (await suite.add("departments", name="South"))["id"]
    admin, path, other = await suite.login(), f"/gateway/departments/{north}", uuid7()
    lead = LeadAssigned(lead_id=uuid7(), title="T", mode="manual", nobody=True)
    await suite.hear(lead, 2, department=north)
    await suite.hear(DealRestored(deal_id=other), 1, department=north)
    await suite.hear(_source(str(uuid7())), 1, department=north)
    said = len(await suite.service.said())
    refused = await admin.delete(path)
    assert refused.json()["uses"] == {"deal": 1, "lead": 1, "lead_source": 1}
    assert (refused.status_code, len(await suite.service.said())) == (409, said)
    await suite.hear(lead, 1, department=south)
    assert (await admin.delete(f"/gateway/departments/{south}")).status_code == 204
    assert (await admin.delete(path)).json()["uses"]["lead"] == 1
    await suite.hear(lead, 3)
    await suite.hear(DealDeleted(deal_id=other), 2, department=north)
    assert (await admin.delete(path)).json()["uses"] == {"lead_source": 1}


async def test_a_used_department_can_be_deleted_when_its_records_are_gone(suite: Suite) -> None:
    north, source = (await suite.add("departments", name="North"))["id"], str(uuid7())
    admin, path = await suite.login(), f"/gateway/departments/{north}"
    await suite.hear(_source(source), 1, department=north)
    assert (await admin.delete(path)).status_code == 409
    await suite.hear(_source(source, deleted=True), 2, department=north)
    assert (await admin.delete(path)).status_code == 204


async def test_a_copy_is_like_its_original_and_says_whose_dictionaries_to_copy(
    suite: Suite,
) -> None:
    """GAT-033."""
    head, above = await suite.add_user("Head"), await suite.add("departments", name="Above")
    shared, own = str(uuid7()), str(uuid7())
    await suite.hear(_source(shared))
    alike = {"parent_id": above["id"], "country": "DE", "currency": "EUR", "works_globally": True}
    north = await suite.add(
        "departments", name="North", head_id=head["id"], lead_source_id=shared, **alike
    )
    admin = await suite.login()
    path = f"/gateway/departments/{north['id']}"
    made = await admin.post(f"{path}/copy", json={"name": "South"})
    copy = made.json()
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"/api/v1/gateway/departments/{copy['id']}"
    assert {name: copy[name] for name in alike} == alike
    assert (copy["lead_source_id"], copy["head_id"], copy["version"]) == (shared, None, 1)
    last = (await suite.service.said("gateway.department.changed"))[-1]
    assert (last.data["id"], last.data["copied_from"]) == (copy["id"], north["id"])
    (entry,) = (await admin.get(f"/gateway/departments/{copy['id']}/timeline")).json()["items"]
    assert entry["changes"]["copied_from"] == [None, north["id"]]
    await suite.hear(_source(own), 1, department=north["id"])
    assert (await admin.patch(path, json={"lead_source_id": own})).status_code == 200
    body = {"name": "West", "head_id": head["id"]}
    west = (await admin.post(f"{path}/copy", json=body)).json()
    assert (west["lead_source_id"], west["head_id"]) == (None, head["id"])
    said = len(await suite.service.said())
    taken = await admin.post(f"{path}/copy", json={"name": "north"})
    absent = await admin.post(f"/gateway/departments/{uuid7()}/copy", json={"name": "X"})
    extra = await admin.post(f"{path}/copy", json={"name": "X", "country": "FR"})
    assert [a.status_code for a in (taken, absent, extra)] == [409, 404, 422]
    assert len(await suite.service.said()) == said


async def test_a_department_does_not_come_back_below_one_that_is_gone(suite: Suite) -> None:
    above = await suite.add("departments", name="Above")
    below = await suite.add("departments", name="Below", parent_id=above["id"])
    admin = await suite.login()
    for department in (below, above):
        gone = await admin.delete(f"/gateway/departments/{department['id']}")
        assert gone.status_code == 204
    path = f"/gateway/departments/{below['id']}/restore"
    refused = await admin.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "department_inactive")
    await admin.post(f"/gateway/departments/{above['id']}/restore")
    assert (await admin.post(path)).status_code == 200


async def test_every_wrong_field_of_a_department_has_an_entry(suite: Suite) -> None:
    """GAT-002."""
    north = await suite.add("departments", name="North")
    foreign, retired = str(uuid7()), str(uuid7())
    await suite.hear(_source(foreign), 1, department=north["id"])
    await suite.hear(_source(retired, active=False))
    admin = await suite.login()
    nobody = str(uuid7())
    for source, code in (
        (nobody, "source_unknown"),
        (retired, "source_unknown"),
        (foreign, "source_of_other_department"),
    ):
        body = {"name": "X", "head_id": nobody, "parent_id": nobody, "lead_source_id": source}
        refused = await admin.post("/gateway/departments", json=body)
        assert refused.status_code == 422
        assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [
            ("/head_id", "user_unknown"),
            ("/parent_id", "department_unknown"),
            ("/lead_source_id", code),
        ]


async def test_departments_refuse_what_does_not_fit(suite: Suite) -> None:
    north = await suite.add("departments", name="North")
    below = await suite.add("departments", name="Below", parent_id=north["id"])
    admin = await suite.login()
    said = len(await suite.service.said())
    path = f"/gateway/departments/{north['id']}"
    for body, status, field in (
        ({"parent_id": below["id"]}, 422, "/parent_id"),
        ({"parent_id": north["id"]}, 422, "/parent_id"),
        ({"parent_id": str(uuid7())}, 422, "/parent_id"),
        ({"head_id": str(uuid7())}, 422, "/head_id"),
        ({"currency": "XXX"}, 422, "/currency"),
        ({"country": "Germany"}, 422, "/country"),
        ({"works_globally": "yes"}, 422, "/works_globally"),
        ({"name": "x" * 251}, 422, "/name"),
        ({"name": None}, 422, "/name"),
        ({"active": None}, 422, "/active"),
        ({"name": "below"}, 409, None),
    ):
        answer = await admin.patch(path, json=body)
        fields = [error["field"] for error in answer.json().get("errors", [])]
        assert (answer.status_code, fields) == (status, [field] if field else []), body
    names = await asyncio.gather(
        *(admin.post("/gateway/departments", json={"name": "Twin"}) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in names) == [201, 409, 409, 409]
    assert len(await suite.service.said()) == said + 1


async def test_departments_are_seen_by_all_and_managed_by_administrators(suite: Suite) -> None:
    north = await suite.add("departments", name="North")
    await suite.add_user("Anna", "executive")
    anna = await suite.login("anna@example.com")
    path = f"/gateway/departments/{north['id']}"
    assert (await anna.get(path)).status_code == 200
    assert len((await anna.get("/gateway/departments")).json()["items"]) == 1
    for answer in (
        await anna.post("/gateway/departments", json={"name": "X"}),
        await anna.patch(path, json={"name": "X"}),
        await anna.delete(path),
        await anna.post(f"{path}/restore"),
        await anna.post(f"{path}/copy", json={"name": "X"}),
    ):
        assert answer.status_code == 403
