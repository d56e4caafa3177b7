"""Departments and teams (GAT-033, GAT-036, GAT-037, GAT-040, EVT-071)."""

import asyncio
from typing import Any

import pytest

from kernel.ids import uuid7

Suite = Any
Json = dict[str, Any]


async def test_a_department_is_made_changed_deleted_and_restored(suite: Suite) -> None:
    """GAT-014, GAT-033."""
    head, source = await suite.add_user("Head"), str(uuid7())
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
    assert (await admin.delete(path)).status_code == 404
    assert (await admin.get("/gateway/departments")).json()["items"] == []
    deleted = (await admin.get("/gateway/departments?deleted=true")).json()["items"]
    assert [item["id"] for item in deleted] == [north["id"]]
    again = await suite.add("departments", name="FAR north")
    taken = await admin.post(f"{path}/restore")
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    await admin.patch(f"/gateway/departments/{again['id']}", json={"name": "South"})
    assert (await admin.post(f"{path}/restore")).json()["version"] == 4
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
    assert refused.json()["uses"] == {"users": 1, "teams": 1, "departments": 1}


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
    assert (await anna.get("/gateway/departments?deleted=true")).json()["items"] == []
    for answer in (
        await anna.post("/gateway/departments", json={"name": "X"}),
        await anna.patch(path, json={"name": "X"}),
        await anna.delete(path),
        await anna.post(f"{path}/restore"),
    ):
        assert answer.status_code == 403


async def test_a_team_has_members_with_limits_and_tells_who_they_are(suite: Suite) -> None:
    """GAT-036, GAT-037; the members' own events carry their teams (EVT-070)."""
    anna, bert = await suite.add_user("Anna"), await suite.add_user("Bert")
    target = {"amount": "1000.50", "currency": "EUR"}
    team = await suite.add(
        "teams", name="Hunters", leader_id=bert["id"], target=target, alias="hunt@example.com"
    )
    assert (team["target"], team["members"]) == (target, [])
    admin = await suite.login()
    path = f"/gateway/teams/{team['id']}"
    member = f"{path}/members/{anna['id']}"
    assert (await admin.put(member, json={})).json()["max_30d"] == 30
    limits = {"max_30d": 5, "skip": True, "filter": {"country": "DE"}}
    assert (await admin.put(member, json=limits)).status_code == 200
    assert (await admin.put(member, json=limits)).status_code == 200
    assert (await admin.get(path)).json()["members"] == [{"user_id": anna["id"], **limits}]
    assert (await admin.get(path)).json()["version"] == 3
    last = (await suite.service.said("gateway.team.changed"))[-1]
    assert last.data["members"] == [{"user_id": anna["id"], **limits}]
    assert (last.data["head_id"], last.data["target"]["currency"]) == (bert["id"], "EUR")
    assert (await admin.delete(member)).status_code == 204
    assert (await admin.delete(member)).status_code == 404
    await admin.patch(path, json={"leader_id": anna["id"], "target": None})
    teams = [
        (event.data["name"], event.aggregateversion, event.data["team_ids"])
        for event in await suite.service.said("gateway.user.changed")
    ]
    assert sorted(teams) == [
        ("Anna", 2, [team["id"]]),
        ("Anna", 3, []),
        ("Anna", 4, [team["id"]]),
        ("Bert", 2, [team["id"]]),
        ("Bert", 3, []),
    ]
    assert (await admin.get(path)).json()["target"] is None
    actions = (await admin.get(f"{path}/timeline")).json()["items"]
    assert actions[-1]["changes"]["target_amount"] == [None, "1000.50"]


async def test_teams_refuse_what_does_not_fit(suite: Suite) -> None:
    north = await suite.add("departments", name="North")
    anna, bert = (
        await suite.add_user("Anna", department_ids=[north["id"]]),
        await suite.add_user("B"),
    )
    team = await suite.add("teams", name="Hunters", department_id=north["id"])
    free = await suite.add("teams", name="Free")
    admin = await suite.login()
    for user, status in ((anna["id"], 200), (bert["id"], 422), (str(uuid7()), 422)):
        answer = await admin.put(f"/gateway/teams/{team['id']}/members/{user}", json={})
        assert answer.status_code == status, answer.text
    await admin.put(f"/gateway/teams/{free['id']}/members/{bert['id']}", json={})
    said = len(await suite.service.said())
    for body, status in (
        ({"department_id": north["id"]}, 422),
        ({"department_id": str(uuid7())}, 422),
        ({"leader_id": str(uuid7())}, 422),
        ({"name": "hunters"}, 409),
        ({"target": {"amount": "1.234", "currency": "EUR"}}, 422),
        ({"target": {"amount": "-1", "currency": "EUR"}}, 422),
        ({"alias": "x"}, 422),
        ({"uses_leads": 1}, 422),
        ({"members": []}, 422),
    ):
        answer = await admin.patch(f"/gateway/teams/{free['id']}", json=body)
        assert answer.status_code == status, body
    for body in ({"max_30d": -1}, {"max_30d": "5"}, {"skip": None}, {"filter": 5}, {"x": 1}):
        answer = await admin.put(f"/gateway/teams/{free['id']}/members/{anna['id']}", json=body)
        assert answer.status_code == 422, body
    assert len(await suite.service.said()) == said


@pytest.mark.parametrize(
    ("who", "expected", "make"),
    [
        ("leader", [(200, 403, 200), (404, 403, 404), (404, 403, 404)], 403),
        ("head", [(200, 200, 200), (200, 200, 200), (404, 404, 404)], 201),
        ("executive", [(200, 200, 200), (200, 200, 200), (200, 200, 200)], 201),
        ("operator", [(200, 403, 403), (200, 403, 403), (404, 403, 403)], 403),
        ("nobody", [(403, 403, 403), (403, 403, 403), (403, 403, 403)], 403),
    ],
)
async def test_teams_are_seen_changed_and_manned_within_the_scope(
    suite: Suite,
    who: str,
    expected: list[tuple[int, int, int]],
    make: int,
) -> None:
    """GAT-036 to GAT-039, GAT-043: (view, change, members) for three teams; making one."""
    roles = [who] if who in ("executive", "operator") else []
    north = await suite.add("departments", name="North")
    south = await suite.add("departments", name="South")
    member = await suite.add_user("M", department_ids=[north["id"], south["id"]])
    me = await suite.add_user(
        "Me", *roles, department_ids=[north["id"]] if who == "operator" else []
    )
    admin = await suite.login()
    if who == "head":
        await admin.patch(f"/gateway/departments/{north['id']}", json={"head_id": me["id"]})
    leader = me["id"] if who == "leader" else None
    teams = [
        await suite.add("teams", name="Own", department_id=north["id"], leader_id=leader),
        await suite.add("teams", name="Same", department_id=north["id"]),
        await suite.add("teams", name="Other", department_id=south["id"]),
    ]
    mine = await suite.login("me@example.com")
    for team, wanted in zip(teams, expected, strict=True):
        path = f"/gateway/teams/{team['id']}"
        seen = await mine.get(path)
        changed = await mine.patch(path, json={"alias": "a@example.com"})
        manned = await mine.put(f"{path}/members/{member['id']}", json={})
        statuses = (seen.status_code, changed.status_code, manned.status_code)
        assert statuses == wanted, team["name"]
        version = (await admin.get(path)).json()["version"]
        assert version == 1 + statuses[1:].count(200)
    listed = await mine.get("/gateway/teams")
    visible = [view for view, _, _ in expected].count(200)
    assert len(listed.json().get("items", [])) == visible
    made = await mine.post("/gateway/teams", json={"name": "New", "department_id": north["id"]})
    assert made.status_code == make
    if who == "head":
        away = await mine.post("/gateway/teams", json={"name": "X", "department_id": south["id"]})
        moved = await mine.patch(
            f"/gateway/teams/{teams[1]['id']}", json={"department_id": south["id"]}
        )
        assert (away.status_code, moved.status_code) == (403, 403)
