"""Users (GAT-030, GAT-032, GAT-040, EVT-070)."""

import asyncio
from typing import Any

from sqlalchemy import text

from contracts.event import Envelope
from gateway.queries.users import filter_users, users_to_pick
from kernel.ids import uuid7

Suite = Any
PASSWORD = "correct horse battery"


async def _said(suite: Suite, *topics: str) -> list[Envelope]:
    said: list[Envelope] = await suite.service.said(*topics)
    return said


async def test_a_user_is_made_and_everybody_hears_of_it(suite: Suite) -> None:
    north = await suite.add("departments", name="North")
    user = await suite.add_user("Zoe", "operator", "operator", department_ids=[north["id"]])
    assert (user["version"], user["active"], user["roles"]) == (1, True, ["operator"])
    assert (user["language"], user["time_zone"]) == ("en", "UTC")
    assert "password" not in str(user)
    created = (await _said(suite, "gateway.user.created"))[-1]
    assert created.data == {
        "user_id": user["id"],
        "name": "Zoe",
        "email": user["email"],
        "roles": ["operator"],
        "department_ids": [north["id"]],
        "team_ids": [],
        "time_zone": "UTC",
        "language": "en",
        "active": True,
    }
    assert (created.aggregateversion, created.actorkind) == (1, "user")


async def test_creating_answers_where_the_user_is(suite: Suite) -> None:
    admin = await suite.login()
    body = {"email": "a@example.com", "name": "A"}
    made = await admin.post("/gateway/users", json=body, headers={"Idempotency-Key": "1"})
    again = await admin.post("/gateway/users", json=body, headers={"Idempotency-Key": "1"})
    assert (made.status_code, again.status_code, made.content) == (201, 201, again.content)
    assert made.headers["Location"] == f"/api/v1/gateway/users/{made.json()['id']}"
    read = await admin.get(f"http://gateway{made.headers['Location']}")
    assert (read.json(), read.headers["ETag"]) == (made.json(), '"1"')


BAD: tuple[tuple[dict[str, Any], int, str | None], ...] = (
    ({"email": "no address"}, 422, "/email"),
    ({"email": "ROOT@example.com"}, 409, None),
    ({"name": " "}, 422, "/name"),
    ({"name": None}, 422, "/name"),
    ({"password": "short"}, 422, "/password"),
    ({"password": "x" * 129}, 422, "/password"),
    ({"password": 12345678901}, 422, "/password"),
    ({"password": "long enough, but \0"}, 422, "/password"),
    ({"roles": ["king"]}, 422, "/roles"),
    ({"roles": ["co_worker"]}, 422, "/roles"),
    ({"roles": ["department_head"]}, 422, "/roles"),
    ({"department_ids": [str(uuid7())]}, 422, "/department_ids"),
    ({"language": "english"}, 422, "/language"),
    ({"time_zone": "Mars/Base"}, 422, "/time_zone"),
    ({"time_zone": "../etc/passwd"}, 422, "/time_zone"),
    ({"id": str(uuid7())}, 422, "/id"),
    ({"version": 9}, 422, "/version"),
    ({"created_at": "2026-01-01T00:00:00Z"}, 422, "/created_at"),
    ({"password_hash": "x"}, 422, "/password_hash"),
    ({"active": False}, 422, "/active"),
)


async def test_bad_values_are_refused_and_nothing_is_stored(suite: Suite) -> None:
    """GAT-002, GAT-013, E9: on making and on changing."""
    user = await suite.add_user("Anna")
    admin = await suite.login()
    said = len(await _said(suite))
    for change, status, field in BAD:
        body = {"email": "b@example.com", "name": "B", **change}
        for answer in (
            await admin.post("/gateway/users", json=body),
            await admin.patch(f"/gateway/users/{user['id']}", json=change),
        ):
            assert answer.status_code == status, answer.text
            fields = [error["field"] for error in answer.json().get("errors", [])]
            assert fields == [field] * (field is not None)
            assert "x" * 129 not in answer.text
    listed = (await admin.get("/gateway/users?count=true")).json()
    assert listed["total"] == 2
    assert len(await _said(suite)) == said


async def test_only_administrators_change_users(suite: Suite) -> None:
    user = await suite.add_user("Anna", "executive", "sales_manager", "operator")
    anna = await suite.login("anna@example.com")
    said = len(await _said(suite))
    path = f"/gateway/users/{user['id']}"
    refused = [
        await anna.post("/gateway/users", json={"email": "b@example.com", "name": "B"}),
        await anna.patch(path, json={"roles": ["administrator"]}),
        await anna.post(f"{path}/deactivate"),
        await anna.post(f"{path}/activate"),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert (await anna.get(path)).json()["roles"] == ["executive", "sales_manager", "operator"]
    assert len(await _said(suite)) == said
    absent = await (await suite.login()).patch(f"/gateway/users/{uuid7()}", json={"name": "X"})
    assert absent.status_code == 404


async def test_a_change_names_its_fields_in_the_timeline_and_hides_the_password(
    suite: Suite,
) -> None:
    """GAT-003, GAT-016, GAT-017."""
    user = await suite.add_user("Anna")
    admin = await suite.login()
    path = f"/gateway/users/{user['id']}"
    body = {"name": "Anne", "password": "a new password", "roles": ["operator"]}
    changed = await admin.patch(path, json=body, headers={"If-Match": '"1"'})
    assert (changed.json()["version"], changed.headers["ETag"]) == (2, '"2"')
    stale = await admin.patch(path, json={"name": "X"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    for action in ("deactivate", "activate"):
        stale = await admin.post(f"{path}/{action}", headers={"If-Match": '"1"'})
        assert stale.status_code == 412
    same = await admin.patch(path, json={"name": "Anne"})
    assert same.json()["version"] == 2
    entries = (await admin.get(f"{path}/timeline")).json()["items"]
    assert [entry["action"] for entry in entries] == ["changed", "created"]
    assert entries[0]["changes"] == {
        "name": ["Anna", "Anne"],
        "roles": [[], ["operator"]],
        "password": ["***", "***"],
    }
    assert (entries[0]["way"], entries[0]["actor_kind"]) == ("api", "user")
    assert entries[1]["changes"]["password"] == ["***", "***"]
    audited = await _said(suite, "gateway.audit.recorded")
    assert not any("argon2" in str(entry.data) for entry in audited)
    assert await suite.tokens("anna@example.com", "a new password")


async def test_a_timeline_has_pages_of_twenty(suite: Suite) -> None:
    """GAT-001, GAT-005, GAT-017."""
    user = await suite.add_user("Anna")
    admin = await suite.login()
    path = f"/gateway/users/{user['id']}"
    for number in range(24):
        await admin.patch(path, json={"name": f"Anna {number}"})
    first = (await admin.get(f"{path}/timeline")).json()
    rest = (await admin.get(f"{path}/timeline?cursor={first['next_cursor']}")).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (20, 5, None)
    names = [entry["changes"]["name"][1] for entry in first["items"] + rest["items"]]
    assert names == [*(f"Anna {number}" for number in reversed(range(24))), "Anna"]
    forged = await admin.get(f"{path}/timeline?cursor=forged")
    assert (forged.status_code, forged.json()["code"]) == (400, "cursor_invalid")


async def test_audit_entries_can_be_neither_changed_nor_deleted(suite: Suite) -> None:
    """GAT-016: there is no such call."""
    user = await suite.add_user("Anna")
    admin = await suite.login()
    path = f"/gateway/users/{user['id']}/timeline"
    (entry,) = (await admin.get(path)).json()["items"]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for address in (path, f"{path}/{entry['id']}"):
            answer = await admin.request(method, address)
            assert answer.status_code in (404, 405), (method, address)
    assert (await admin.get(path)).json()["items"] == [entry]


async def test_two_writers_with_one_version_and_two_users_with_one_address(suite: Suite) -> None:
    """GAT-003 and uniqueness ignoring case, in parallel."""
    user = await suite.add_user("Anna")
    admin = await suite.login()
    path = f"/gateway/users/{user['id']}"
    writes = await asyncio.gather(
        *(admin.patch(path, json={"name": f"A{n}"}, headers={"If-Match": '"1"'}) for n in range(5))
    )
    assert sorted(answer.status_code for answer in writes) == [200, 412, 412, 412, 412]
    makes = await asyncio.gather(
        *(
            admin.post("/gateway/users", json={"email": f"{c}ob@Example.com", "name": "B"})
            for c in "bBbB"
        )
    )
    assert sorted(answer.status_code for answer in makes) == [201, 409, 409, 409]
    assert {a.json()["code"] for a in makes if a.status_code == 409} == {"user_email_taken"}


async def test_deactivation_lists_what_to_hand_over_and_activation_undoes_it(suite: Suite) -> None:
    user = await suite.add_user("Anna", "operator")
    north = await suite.add("departments", name="North", head_id=user["id"])
    team = await suite.add("teams", name="Hunters", leader_id=user["id"])
    admin = await suite.login()
    path = f"/gateway/users/{user['id']}"
    gone = (await admin.post(f"{path}/deactivate")).json()
    assert gone["heads_department_ids"] == [north["id"]]
    assert gone["in_team_ids"] == [team["id"]]
    assert gone["user"]["active"] is False
    assert (await admin.post(f"{path}/deactivate")).json()["user"]["version"] == 3
    answer = await suite.client().post(
        "/gateway/login", json={"email": "anna@example.com", "password": PASSWORD}
    )
    assert answer.status_code == 401
    (event,) = await _said(suite, "gateway.user.deactivated")
    assert (event.data["active"], event.data["team_ids"]) == (False, [team["id"]])
    for body in ({"head_id": user["id"]}, {"head_id": str(uuid7())}):
        refused = await admin.post("/gateway/departments", json={"name": "South", **body})
        assert refused.status_code == 422
    assert (await admin.post(f"{path}/activate")).json()["version"] == 4
    assert await suite.tokens("anna@example.com")


async def test_the_last_administrator_stays(suite: Suite) -> None:
    """GAT-044; also when two go at the same time."""
    admin = await suite.login()
    root = (await admin.get("/gateway/me")).json()
    path = f"/gateway/users/{root['id']}"
    tries = [
        await admin.post(f"{path}/deactivate"),
        await admin.patch(path, json={"roles": []}),
        await admin.patch(path, json={"roles": ["operator"], "name": "X"}),
    ]
    assert {(a.status_code, a.json()["code"]) for a in tries} == {(409, "last_administrator")}
    assert (await admin.get(path)).json()["name"] == "root"
    other = await suite.add_user("Anna", "administrator")
    anna = await suite.login("anna@example.com")
    both = await asyncio.gather(
        anna.post(f"{path}/deactivate"),
        admin.patch(f"/gateway/users/{other['id']}", json={"roles": []}),
    )
    assert sorted(answer.status_code for answer in both) in ([200, 409], [200, 401])


async def test_everybody_may_pick_active_users(suite: Suite) -> None:
    """GAT-009, GAT-018, GAT-032."""
    north = await suite.add("departments", name="North")
    await suite.add_user("Anna", department_ids=[north["id"]])
    gone = await suite.add_user("Anne")
    await suite.add("users", email="x@example.com", name="Łukasz 100% Ørsted")
    await (await suite.login()).post(f"/gateway/users/{gone['id']}/deactivate")
    anna = await suite.login("anna@example.com")
    picked = (await anna.get("/gateway/users/picker?q=AN&limit=15")).json()["items"]
    assert [(p["name"], p["department_ids"]) for p in picked] == [("Anna", [north["id"]])]
    assert set(picked[0]) == {"id", "name", "department_ids"}
    searched = (
        ("lukasz", 1), ("orsted", 1), ("asz 100% ØRS", 1), ("0%", 1), ("100_", 0), ("%", 1),
        ("_", 0), ("", 3),
    )  # fmt: skip
    for q, found in searched:
        page = await anna.get("/gateway/users/picker", params={"q": q})
        assert len(page.json()["items"]) == found, q


async def test_names_are_searched_by_an_index(suite: Suite) -> None:
    """GAT-009."""
    query = filter_users(users_to_pick(), q="orsted")
    async with suite.service.database.reading() as session:
        await session.execute(text("set local enable_seqscan = off"))
        compiled = query.compile(
            dialect=suite.service.database.engine.dialect, compile_kwargs={"literal_binds": True}
        )
        lines = await session.scalars(text(f"explain {compiled}"))
        plan = "\n".join(lines)
    assert "ix_account_name_trigrams" in plan


async def test_every_wrong_field_of_a_user_has_an_entry(suite: Suite) -> None:
    """GAT-002."""
    body = {"email": "a@example.com", "name": "A"}
    wrong = {"roles": ["king"], "department_ids": [str(uuid7())]}
    refused = await (await suite.login()).post("/gateway/users", json={**body, **wrong})
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [
        ("/roles", "role_unknown"),
        ("/department_ids", "department_unknown"),
    ]


async def test_lists_are_paged_sorted_and_filtered(suite: Suite) -> None:
    """GAT-005."""
    north = await suite.add("departments", name="North")
    for name in ("Cleo", "Anna", "Bert"):
        await suite.add_user(name, department_ids=[north["id"]] if name != "Bert" else [])
    admin = await suite.login()
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await admin.get(f"/gateway/users?limit=2&sort=-name{cursor}")).json()
        seen += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["root", "Cleo", "Bert", "Anna"]
    of_north = await admin.get(f"/gateway/users?department_id={north['id']}&active=true&sort=email")
    assert [item["name"] for item in of_north.json()["items"]] == ["Anna", "Cleo"]
    for query, status in (
        ("limit=0", 422),
        ("limit=201", 422),
        ("limit=x", 422),
        ("sort=password_hash", 422),
        ("active=maybe", 422),
        ("department_id=x", 422),
        ("colour=red", 422),
        ("cursor=forged", 400),
    ):
        assert (await admin.get(f"/gateway/users?{query}")).status_code == status, query
    assert (await admin.get("/gateway/users/xyz")).status_code == 422
