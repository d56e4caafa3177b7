"""Rights in the tokens that services get (GAT-034, GAT-041, GAT-042, GAT-043, GAT-045)."""

import asyncio
from typing import Any

import pytest

from chassis.auth import Caller, caller_from
from contracts.permissions import Scope, rights, shipped_roles
from gateway.queries.rights import MOST_MATES, grantable_roles
from kernel.ids import uuid7

Suite = Any
Json = dict[str, Any]

SERVICES = ("deals", "intake")


async def _caller(client: Any, suite: Suite, service: str = "deals") -> Caller:
    """Answer the caller that a service sees."""
    return caller_from(await _claims(client, suite, service))


async def _claims(client: Any, suite: Suite, service: str) -> Json:
    """Answer what the internal token for a service says."""
    claims: Json = suite.verifier.claims(await _token(client, service), audience=service)
    return claims


async def _token(client: Any, service: str) -> str:
    seen = dict((await client.get(f"/{service}/x")).json()["headers"])
    return str(seen["authorization"].removeprefix("Bearer "))


def _expected(service: str, *roles: str) -> dict[str, str]:
    """Work out the rights by the widest scope, apart from the code under test."""
    found: dict[str, str] = {}
    for right in rights():
        scopes = [
            role.grants[right] for code in roles if right in (role := shipped_roles()[code]).grants
        ]
        if scopes and right.startswith(f"{service}."):
            order = [Scope.OWN, Scope.TEAM, Scope.DEPARTMENT, Scope.ALL]
            found[right] = order[max(map(order.index, scopes))].value
    return found


@pytest.mark.parametrize("role", sorted(shipped_roles()))
async def test_each_shipped_role_has_exactly_the_rights_of_the_matrix(
    suite: Suite, role: str
) -> None:
    """GAT-043, generated from contracts.permissions; everybody is a co-worker beside."""
    granted = [role] if role in grantable_roles() else []
    user = await suite.add_user("Me", *granted)
    if role == "department_head":
        await suite.add("departments", name="North", head_id=user["id"])
    if role == "team_leader":
        await suite.add("teams", name="Hunters", leader_id=user["id"])
    client = await suite.login("me@example.com")
    for service in SERVICES:
        caller = await _caller(client, suite, service)
        assert caller.rights == _expected(service, "co_worker", role)
        assert caller.actor == user["id"]
    me = (await client.get("/gateway/me")).json()
    assert {right: me["rights"][right] for right in me["rights"]} == {
        right: scope
        for service in ("intake", "deals", "mail", "tasks", "analytics", "gateway")
        for right, scope in _expected(service, "co_worker", role).items()
    }
    roles = await client.get("/gateway/roles")
    may_view = "gateway.role.view" in me["rights"]
    assert roles.status_code == (200 if may_view else 403)
    if may_view:
        shown = {item["code"]: item for item in roles.json()["items"]}
        assert shown.keys() == shipped_roles().keys()
        assert shown["co_worker"]["grantable"] is False
        assert shown["operator"]["grants"]["intake.lead.view"] == "department"


async def test_several_roles_unite_to_the_widest_scope(suite: Suite) -> None:
    """GAT-042."""
    await suite.add_user("Me", "sales_manager", "accountant", "operator")
    caller = await _caller(await suite.login("me@example.com"), suite)
    assert caller.rights == _expected(
        "deals", "co_worker", "sales_manager", "accountant", "operator"
    )
    assert caller.rights["deals.deal.view"] == "all"
    assert caller.rights["deals.deal.change"] == "department"


async def test_scopes_reach_departments_belonged_to_and_headed_teams_and_mates(
    suite: Suite,
) -> None:
    """GAT-034, GAT-039."""
    north, south, west = [
        (await suite.add("departments", name=name))["id"] for name in ("North", "South", "West")
    ]
    me = await suite.add_user("Me", "sales_manager", department_ids=[north, south])
    mate, stranger = await suite.add_user("Mate"), await suite.add_user("Stranger")
    admin = await suite.login()
    await admin.patch(f"/gateway/departments/{west}", json={"head_id": me["id"]})
    led = await suite.add("teams", name="Led", leader_id=me["id"])
    joined, foreign = await suite.add("teams", name="In"), await suite.add("teams", name="Away")
    for team, user in ((led, mate), (joined, me), (foreign, stranger)):
        await admin.put(f"/gateway/teams/{team['id']}/members/{user['id']}", json={})
    client = await suite.login("me@example.com")
    caller = await _caller(client, suite)
    assert {str(d) for d in caller.departments} == {north, south, west}
    assert {str(t) for t in caller.teams} == {led["id"], joined["id"]}
    assert {str(m) for m in caller.mates} == {me["id"], mate["id"]}
    shown = (await client.get("/gateway/me")).json()
    assert [d["name"] for d in shown["departments"]] == ["North", "South", "West"]
    assert sorted(t["name"] for t in shown["teams"]) == ["In", "Led"]


async def test_a_token_says_who_the_user_is_to_one_service_only(suite: Suite) -> None:
    """GAT-027."""
    north = await suite.add("departments", name="North")
    me = await suite.add_user("Me", "operator", department_ids=[north["id"]])
    team = await suite.add("teams", name="Mine", leader_id=me["id"])
    client = await suite.login("me@example.com")
    for service in SERVICES:
        claims = await _claims(client, suite, service)
        assert (claims["sub"], claims["aud"], claims["exp"] - claims["iat"]) == (
            me["id"],
            service,
            60,
        )
        assert claims["roles"] == ["co_worker", "operator", "team_leader"]
        assert (claims["departments"], claims["teams"]) == ([north["id"]], [team["id"]])
        own = {right.removeprefix(f"{service}.") for right in rights() if right.startswith(service)}
        assert claims["rights"]
        assert set(claims["rights"]) <= own


async def test_a_crowded_team_locks_nobody_out(suite: Suite) -> None:
    """GAT-027, GAT-039: all of two of the largest teams are mates, and the token fits a header."""
    departments = [(await suite.add("departments", name=f"D{n}"))["id"] for n in range(50)]
    me = await suite.add_user("Me", "sales_manager", department_ids=departments)
    crowded = [await suite.add("teams", name=f"T{n}", leader_id=me["id"]) for n in range(3)]
    team = crowded[0]
    await suite.crowd(team["id"], 700)
    client, admin = await suite.login("me@example.com"), await suite.login()
    assert len((await _caller(client, suite)).mates) == 700
    await suite.crowd(crowded[1]["id"], 700, "other")
    await admin.patch(f"/gateway/users/{me['id']}", json={"language": "de"})
    assert len((await _caller(client, suite)).mates) == 1400
    await suite.crowd(crowded[2]["id"], 700, "third")
    await admin.patch(f"/gateway/users/{me['id']}", json={"language": "fr"})
    caller = await _caller(client, suite)
    assert (len(caller.mates), len(caller.departments)) == (MOST_MATES, 50)
    assert len(await _token(client, "intake")) < 60_000
    assert (await client.get("/gateway/teams")).status_code == 200
    body = {"leader_id": await _own_id(admin)}
    assert (await admin.patch(f"/gateway/teams/{team['id']}", json=body)).status_code == 200
    assert (await _claims(admin, suite, "deals"))["packed_mates"] == ""  # all is all without them


async def _own_id(client: Any) -> str:
    return str((await client.get("/gateway/me")).json()["id"])


async def test_a_change_is_in_force_before_its_answer_is_out(suite: Suite) -> None:
    """GAT-044, E10: in this process at once, whatever changes."""
    user = await suite.add_user("Me", "operator")
    north = await suite.add("departments", name="North")
    team = await suite.add("teams", name="Hunters")
    admin, client = await suite.login(), await suite.login("me@example.com")
    mate = await suite.add_user("Mate")
    path, members = f"/gateway/users/{user['id']}", f"/gateway/teams/{team['id']}/members"
    for _ in range(3):
        await admin.patch(path, json={"roles": ["accountant"]})
        assert (await _caller(client, suite)).rights["deals.deal.view"] == "all"
        await admin.patch(path, json={"roles": []})
        assert "deals.deal.view" not in (await _caller(client, suite)).rights
        await admin.patch(path, json={"roles": ["sales_manager"]})
        await admin.patch(path, json={"department_ids": [north["id"]]})
        assert len((await _caller(client, suite)).departments) == 1
        await admin.patch(path, json={"department_ids": []})
        assert not (await _caller(client, suite)).departments
        await admin.put(f"{members}/{user['id']}", json={})
        assert len((await _caller(client, suite)).teams) == 1
        await admin.put(f"{members}/{mate['id']}", json={})
        assert len((await _caller(client, suite)).mates) == 2
        await admin.delete(f"{members}/{user['id']}")
        await admin.delete(f"{members}/{mate['id']}")
        assert not (await _caller(client, suite)).mates
        await admin.patch(path, json={"roles": []})
        await admin.patch(f"/gateway/departments/{north['id']}", json={"head_id": user["id"]})
        assert (await _caller(client, suite)).rights["deals.deal.view"] == "department"
        await admin.patch(f"/gateway/departments/{north['id']}", json={"head_id": None})
        assert not (await _caller(client, suite)).rights.get("deals.deal.view")


async def test_another_process_hears_of_a_change_within_five_seconds(
    suite: Suite, start_suite: Any
) -> None:
    """GAT-024, E3."""
    user = await suite.add_user("Me", "operator")
    url = suite.app.state.settings.database_url
    async with start_suite(url, pair=(suite.signer, suite.verifier)) as other:
        stays, leaves = await suite.tokens("me@example.com"), await suite.tokens("me@example.com")
        staying = other.client(stays["access_token"])
        leaving = other.client(leaves["access_token"])
        assert "deals.deal.view" in (await _caller(staying, other)).rights
        assert (await leaving.get("/deals/x")).status_code == 200
        admin = await suite.login()
        await admin.patch(f"/gateway/users/{user['id']}", json={"roles": []})
        await suite.client().post(
            "/gateway/logout", json={"refresh_token": leaves["refresh_token"]}
        )
        async with asyncio.timeout(5):
            while (await leaving.get("/deals/x")).status_code == 200:
                await asyncio.sleep(0.05)  # the other process looks on a schedule of its own
            while "deals.deal.view" in (await _caller(staying, other)).rights:
                await asyncio.sleep(0.05)
        assert (await staying.get("/deals/x")).status_code == 200


async def test_a_known_login_costs_no_query(suite: Suite) -> None:
    client = await suite.login()
    await client.get("/deals/x")
    connections = suite.service.database.engine.pool.checkedout
    before = connections()
    answers = await asyncio.gather(*(client.get("/deals/x") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert connections() == before


async def test_a_user_without_any_group_reaches_own_records_only(suite: Suite) -> None:
    """GAT-045."""
    await suite.add_user("Me", "sales_manager")
    caller = await _caller(await suite.login("me@example.com"), suite)
    me, other = caller.user_id, uuid7()
    assert caller.covers("deals.deal.change", owner_id=me)
    assert caller.covers("deals.deal.change", owner_id=other, co_owner_id=me)
    assert not caller.covers("deals.deal.change", owner_id=other)
    assert not caller.covers("deals.deal.view", owner_id=other, department_id=uuid7())
