"""Each shipped role does to users, departments, teams and roles what the matrix says (GAT-043)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from contracts.permissions import Scope, shipped_roles, widest
from gateway.queries.rights import grantable_roles

Suite = Any

REACH = {
    Scope.OWN: frozenset({"own"}),
    Scope.TEAM: frozenset({"own", "team"}),
    Scope.DEPARTMENT: frozenset({"own", "team", "department"}),
    Scope.ALL: frozenset({"own", "team", "department", "elsewhere"}),
}
CALLS: Mapping[str, tuple[str, str, dict[str, Any] | None]] = {
    "gateway.user.view": ("GET", "/gateway/users/{user}", None),
    "gateway.user.manage": ("PATCH", "/gateway/users/{user}", {"language": "de"}),
    "gateway.department.view": ("GET", "/gateway/departments/{department}", None),
    "gateway.department.manage": ("PATCH", "/gateway/departments/{department}", {"country": "DE"}),
    "gateway.team.view": ("GET", "/gateway/teams/{team}", None),
    "gateway.team.manage": ("PATCH", "/gateway/teams/{team}", {"alias": "a@example.com"}),
    "gateway.team.members": ("PUT", "/gateway/teams/{team}/members/{user}", {}),
}


@dataclass
class World:
    """What somebody with a role is placed in: a user, a department and a team at each place."""

    client: Any
    roles: tuple[str, ...]
    places: dict[str, dict[str, str]]

    @classmethod
    async def of(cls, suite: Suite, role: str) -> "World":
        """Place somebody with a role in a department, and in a team of none."""
        north, south = [
            (await suite.add("departments", name=name))["id"] for name in ("North", "South")
        ]
        granted = [role] if role in grantable_roles() else []
        me = await suite.add_user("Me", *granted, department_ids=[north])
        user = await suite.add_user("Anna", department_ids=[north, south])
        admin = await suite.login()
        departments = {"team": None, "department": north, "elsewhere": south}
        if role == "team_leader":
            departments["own"] = south
        places = {}
        for place, department in departments.items():
            leader = me["id"] if place == "own" else None
            team = await suite.add("teams", name=place, department_id=department, leader_id=leader)
            ids = {"user": user["id"], "department": department or south, "team": team["id"]}
            places[place] = ids
        path = f"/gateway/teams/{places['team']['team']}/members/{me['id']}"
        await admin.put(path, json={})
        if role == "department_head":
            await admin.patch(f"/gateway/departments/{north}", json={"head_id": me["id"]})
        return cls(await suite.login("me@example.com"), ("co_worker", role), places)

    def reaches(self, right: str, place: str) -> bool:
        """Answer by the matrix alone whether the right reaches a team at this place."""
        scope = widest(*(shipped_roles()[role].grants for role in self.roles)).get(right)
        return scope is not None and place in REACH[scope]


@pytest.mark.parametrize("role", sorted(shipped_roles()))
async def test_a_role_does_what_the_matrix_grants_and_nothing_else(suite: Suite, role: str) -> None:
    """GAT-034, GAT-041, GAT-043: inside the scope 2xx, outside 404 or 403 and nothing changes."""
    world = await World.of(suite, role)
    for right, (method, path, body) in CALLS.items():
        for place, ids in world.places.items():
            said = len(await suite.service.said())
            answer = await world.client.request(method, path.format(**ids), json=body)
            reached = world.reaches(right, place)
            expected = (200,) if reached else (403, 404)
            assert answer.status_code in expected, (right, place, answer.text)
            if not reached:
                assert len(await suite.service.said()) == said, (right, place)
                assert answer.status_code == 403 or not world.reaches("gateway.team.view", place)
    profile = await world.client.patch("/gateway/me", json={"language": "fr"})
    assert profile.status_code == 200
    listed = await world.client.get("/gateway/roles")
    assert (listed.status_code == 200) == world.reaches("gateway.role.view", "elsewhere")


@pytest.mark.parametrize("role", sorted(shipped_roles()))
async def test_a_list_shows_what_the_scope_reaches(suite: Suite, role: str) -> None:
    """GAT-042: teams are the gateway's records with an owner, a team and a department."""
    world = await World.of(suite, role)
    answer = await world.client.get("/gateway/teams")
    seen = {team["name"] for team in answer.json().get("items", ())}
    assert seen == {place for place in world.places if world.reaches("gateway.team.view", place)}


async def test_a_department_head_does_not_reach_beyond_the_department(suite: Suite) -> None:
    north, south = [
        (await suite.add("departments", name=name))["id"] for name in ("North", "South")
    ]
    me = await suite.add_user("Me")
    await (await suite.login()).patch(f"/gateway/departments/{north}", json={"head_id": me["id"]})
    head = await suite.login("me@example.com")
    made = await head.post("/gateway/teams", json={"name": "In", "department_id": north})
    assert made.status_code == 201
    away = await head.post("/gateway/teams", json={"name": "Out", "department_id": south})
    path = f"/gateway/teams/{made.json()['id']}"
    moved = await head.patch(path, json={"department_id": south})
    assert (away.status_code, moved.status_code) == (403, 403)
    assert (await head.get(path)).json()["version"] == 1
    gone, back = await head.delete(path), await head.post(f"{path}/restore")
    assert (gone.status_code, back.status_code) == (204, 403)
