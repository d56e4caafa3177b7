"""Teams and their members (GAT-036, GAT-037, GAT-040, EVT-071)."""

from typing import Any

from contracts.intake import LeadAssigned
from kernel.ids import uuid7

Suite = Any
Json = dict[str, Any]


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
    stale = await admin.put(member, json=limits, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    changed = await admin.put(member, json=limits, headers={"If-Match": '"2"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"3"')
    assert (await admin.put(member, json=limits)).status_code == 200
    assert (await admin.get(path)).json()["members"] == [{"user_id": anna["id"], **limits}]
    assert (await admin.get(path)).json()["version"] == 3
    last = (await suite.service.said("gateway.team.changed"))[-1]
    assert last.data["members"] == [{"user_id": anna["id"], **limits}]
    assert (last.data["head_id"], last.data["target"]["currency"]) == (bert["id"], "EUR")
    assert (await admin.delete(member, headers={"If-Match": '"2"'})).status_code == 412
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
    entries = (await admin.get(f"/gateway/users/{anna['id']}/timeline")).json()["items"]
    assert [entry["changes"] for entry in entries[:3]] == [
        {"team_ids": [[], [team["id"]]]},
        {"team_ids": [[team["id"]], []]},
        {"team_ids": [[], [team["id"]]]},
    ]
    assert (await admin.get(path)).json()["target"] is None
    actions = (await admin.get(f"{path}/timeline")).json()["items"]
    assert actions[-1]["changes"]["target_amount"] == [None, "1000.50"]


async def test_who_leaves_a_department_leaves_its_teams(suite: Suite) -> None:
    """GAT-030, GAT-036: such a team has members of its department only."""
    north, south = [
        (await suite.add("departments", name=name))["id"] for name in ("North", "South")
    ]
    anna = await suite.add_user("Anna", department_ids=[north, south])
    teams = [
        await suite.add("teams", name="North", department_id=north),
        await suite.add("teams", name="South", department_id=south),
        await suite.add("teams", name="Free"),
    ]
    admin = await suite.login()
    for team in teams:
        await admin.put(f"/gateway/teams/{team['id']}/members/{anna['id']}", json={"max_30d": 5})
    moved = (
        await admin.patch(f"/gateway/users/{anna['id']}", json={"department_ids": [south]})
    ).json()
    assert moved["team_ids"] == [teams[1]["id"], teams[2]["id"]]
    assert (await admin.get(f"/gateway/teams/{teams[0]['id']}")).json()["members"] == []
    team, user = [
        (await suite.service.said(topic))[-1]
        for topic in ("gateway.team.changed", "gateway.user.changed")
    ]
    assert (team.data["id"], team.data["members"], team.aggregateversion) == (teams[0]["id"], [], 3)
    assert (user.data["team_ids"], user.aggregateversion) == (moved["team_ids"], moved["version"])
    (left,) = (await admin.get(f"/gateway/teams/{teams[0]['id']}/timeline")).json()["items"][:1]
    (change,) = left["changes"].values()
    assert (change[0]["max_30d"], change[1]) == (5, None)
    (entry,) = (await admin.get(f"/gateway/users/{anna['id']}/timeline")).json()["items"][:1]
    assert set(entry["changes"]) == {"department_ids", "team_ids"}


async def test_a_team_is_deleted_when_no_record_is_its_own_and_restored(suite: Suite) -> None:
    """GAT-014, GAT-038."""
    anna, bert = await suite.add_user("Anna"), await suite.add_user("Bert")
    team = await suite.add("teams", name="Hunters", leader_id=bert["id"])
    admin, path = await suite.login(), f"/gateway/teams/{team['id']}"
    await admin.put(f"{path}/members/{anna['id']}", json={})
    lead = LeadAssigned(lead_id=uuid7(), title="T", mode="team", nobody=True)
    await suite.hear(lead, 1, team=team["id"])
    used = await admin.delete(path)
    assert (used.status_code, used.json()["code"]) == (409, "team_used")
    assert used.json()["uses"] == {"lead": 1}
    await suite.hear(lead, 2)
    assert (await admin.delete(path, headers={"If-Match": '"1"'})).status_code == 412
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    assert (await admin.get("/gateway/teams")).json()["items"] == []
    (deleted,) = (await admin.get("/gateway/teams?deleted=true")).json()["items"]
    assert (deleted["id"], len(deleted["members"])) == (team["id"], 1)
    assert (await admin.get(f"/gateway/users/{anna['id']}")).json()["team_ids"] == []
    again = await suite.add("teams", name="HUNTERS")
    taken = await admin.post(f"{path}/restore")
    assert (taken.status_code, taken.json()["code"]) == (409, "team_name_taken")
    assert (await admin.delete(f"/gateway/teams/{again['id']}")).status_code == 204
    back = await admin.post(f"{path}/restore", headers={"If-Match": '"3"'})
    assert (back.json()["version"], back.json()["members"][0]["user_id"]) == (4, anna["id"])
    assert (await admin.get(f"/gateway/users/{bert['id']}")).json()["team_ids"] == [team["id"]]
    said = [
        (event.aggregateversion, event.data["active"])
        for event in await suite.service.said("gateway.team.changed")
        if event.data["id"] == team["id"]
    ]
    assert said == [(1, True), (2, True), (3, False), (4, True)]


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
        ({"deleted_at": None}, 422),
        ({"members": []}, 422),
    ):
        answer = await admin.patch(f"/gateway/teams/{free['id']}", json=body)
        assert answer.status_code == status, body
    both = {"leader_id": str(uuid7()), "department_id": str(uuid7())}
    refused = (await admin.patch(f"/gateway/teams/{free['id']}", json=both)).json()
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [
        ("/leader_id", "user_unknown"),
        ("/department_id", "department_unknown"),
    ]
    for body in (
        {"max_30d": -1},
        {"max_30d": "5"},
        {"skip": None},
        {"filter": 5},
        {"filter": {"country": "x" * 2000}},
        {"filter": {"country": ["a\0b"]}},
        {"filter": {"a\0b": "DE"}},
        {"x": 1},
    ):
        answer = await admin.put(f"/gateway/teams/{free['id']}/members/{anna['id']}", json=body)
        assert answer.status_code == 422, body
    assert len(await suite.service.said()) == said


async def test_a_team_too_large_to_be_told_of_is_refused(suite: Suite) -> None:
    """GAT-001: an event has a limit, which is no error of ours."""
    anna, team = await suite.add_user("Anna"), await suite.add("teams", name="Everybody")
    await suite.crowd(team["id"], 1000)
    admin, path = await suite.login(), f"/gateway/teams/{team['id']}"
    said = len(await suite.service.said())
    refused = await admin.put(f"{path}/members/{anna['id']}", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "team_too_large")
    assert len((await admin.get(path)).json()["members"]) == 1000
    assert len(await suite.service.said()) == said
