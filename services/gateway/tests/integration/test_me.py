"""One's own profile and password (GAT-003, GAT-023, GAT-030)."""

from typing import Any

import pytest

Suite = Any
PASSWORD = "correct horse battery"


async def test_everybody_changes_their_own_name_language_and_zone(suite: Suite) -> None:
    user = await suite.add_user("Anna")
    anna = await suite.login("anna@example.com")
    me = await anna.get("/gateway/me")
    assert (me.json()["version"], me.headers["ETag"]) == (1, '"1"')
    body = {"name": "Anne", "language": "pt-BR", "time_zone": "Europe/Lisbon"}
    changed = await anna.patch("/gateway/me", json=body, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert {name: changed.json()[name] for name in body} == body
    stale = await anna.patch("/gateway/me", json={"name": "X"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    (event,) = await suite.service.said("gateway.user.changed")
    assert {name: event.data[name] for name in body} == body
    assert event.actor == user["id"]


@pytest.mark.parametrize(
    "body",
    [
        {"roles": ["administrator"]},
        {"department_ids": []},
        {"email": "b@example.com"},
        {"password": "another password"},
        {"active": True},
        {"name": ""},
        {"language": "english"},
        {"time_zone": "Mars/Base"},
    ],
)
async def test_nobody_changes_more_about_themselves(suite: Suite, body: dict[str, Any]) -> None:
    await suite.add_user("Anna")
    anna = await suite.login("anna@example.com")
    said = len(await suite.service.said())
    refused = await anna.patch("/gateway/me", json=body)
    assert (refused.status_code, len(await suite.service.said())) == (422, said)
    assert (await anna.get("/gateway/me")).json()["version"] == 1


async def test_a_new_password_of_ones_own_ends_the_other_sessions(suite: Suite) -> None:
    """GAT-016: neither password is told to anybody."""
    user = await suite.add_user("Anna")
    here, there = await suite.login("anna@example.com"), await suite.tokens("anna@example.com")
    path = "/gateway/me/password"
    for body, field in (
        ({"current_password": "not my password", "new_password": "a new password"}, "current"),
        ({"current_password": PASSWORD, "new_password": "nine chars"[:9]}, "new"),
        ({"current_password": PASSWORD, "new_password": "x" * 129}, "new"),
    ):
        refused = await here.post(path, json=body)
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["field"]) == (422, f"/{field}_password")
    assert await suite.service.said("gateway.user.changed") == []
    body = {"current_password": PASSWORD, "new_password": "a new password"}
    assert (await here.post(path, json=body)).status_code == 204
    assert (await here.get("/gateway/me")).status_code == 200
    assert (await suite.client(there["access_token"]).get("/gateway/me")).status_code == 401
    refreshed = await suite.client().post(
        "/gateway/token/refresh", json={"refresh_token": there["refresh_token"]}
    )
    assert refreshed.status_code == 401
    assert await suite.tokens("anna@example.com", "a new password")
    admin = await suite.login()
    entries = (await admin.get(f"/gateway/users/{user['id']}/timeline")).json()["items"]
    (changed,) = [entry for entry in entries if entry["action"] == "changed"]
    assert changed["changes"] == {"password": ["***", "***"]}


@pytest.mark.parametrize("length", [10, 128])
async def test_the_shortest_and_the_longest_password_open_the_door(
    suite: Suite, length: int
) -> None:
    """GAT-023: 10 to 128 characters, whatever their bytes."""
    password = "ü" * length
    await suite.add("users", email="a@example.com", name="A", password=password)
    assert await suite.tokens("a@example.com", password)
    wrong = {"email": "a@example.com", "password": password[:-1]}
    assert (await suite.client().post("/gateway/login", json=wrong)).status_code == 401
