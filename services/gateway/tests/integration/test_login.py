"""Login, refresh and logout (GAT-022, GAT-023, GAT-024)."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text, update

from chassis.origin import by_system
from chassis.tables import audit_entry
from gateway.commands.passwords import LONGEST
from gateway.models.session import LoginSession
from gateway.models.user import User
from gateway.worker import create_worker
from kernel import clock

Suite = Any


async def _refresh(suite: Suite, token: str) -> httpx2.Response:
    answer: httpx2.Response = await suite.client().post(
        "/gateway/token/refresh", json={"refresh_token": token}
    )
    return answer


async def test_the_right_password_answers_tokens_that_open_the_services(suite: Suite) -> None:
    tokens = await suite.tokens()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 300)
    me = await suite.client(tokens["access_token"]).get("/gateway/me")
    assert me.json()["email"] == "root@example.com"
    assert "administrator" in me.json()["roles"]


async def test_case_of_the_address_does_not_matter_and_that_of_the_password_does(
    suite: Suite,
) -> None:
    assert await suite.tokens("ROOT@Example.COM")
    wrong = await suite.client().post(
        "/gateway/login", json={"email": "root@example.com", "password": "Correct horse battery"}
    )
    assert wrong.status_code == 401


async def test_unknown_user_wrong_password_and_no_password_look_the_same(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GAT-022, GAT-023: not by words, and not by time either: each try costs one verification."""
    await suite.add("users", email="silent@example.com", name="Silent")
    left = await suite.add_user("Left")
    await (await suite.login()).post(f"/gateway/users/{left['id']}/deactivate")
    verified: list[str] = []
    verify = PasswordHasher.verify

    def counted(hasher: PasswordHasher, stored: str, password: str) -> bool:
        verified.append(password)
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    tries = [
        ("nobody@example.com", "some password"),
        ("root@example.com", "some password"),
        ("root@example.com", "x" * 1000),
        ("silent@example.com", "some password"),
        ("left@example.com", "correct horse battery"),
    ]
    client, answers = suite.client(), set()
    for number, (email, password) in enumerate(tries, 1):
        answer = await client.post("/gateway/login", json={"email": email, "password": password})
        answers.add((answer.status_code, answer.content))
        assert len(verified) == number, email
    assert [status for status, _ in answers] == [401]
    assert len(max(verified, key=len)) == LONGEST  # a longer one would take longer


async def test_a_refresh_answers_new_tokens_and_uses_the_old_one_up(suite: Suite) -> None:
    first = await suite.tokens()
    second = (await _refresh(suite, first["refresh_token"])).json()
    assert second.keys() == first.keys()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await suite.client(second["access_token"]).get("/gateway/me")).status_code == 200
    third = await _refresh(suite, second["refresh_token"])
    assert third.status_code == 200


async def test_fifty_refreshes_at_once_get_one_and_the_same_successor(suite: Suite) -> None:
    token = (await suite.tokens())["refresh_token"]
    answers = await asyncio.gather(*(_refresh(suite, token) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    async with suite.service.database.reading() as session:
        assert await session.scalar(text("select count(*) from refresh_token")) == 2


async def test_a_token_that_comes_back_after_the_grace_ends_its_session(suite: Suite) -> None:
    tokens = await suite.tokens()
    following = (await _refresh(suite, tokens["refresh_token"])).json()
    with clock.frozen(clock.now() + timedelta(seconds=9)):
        again = await _refresh(suite, tokens["refresh_token"])
        assert again.json()["refresh_token"] == following["refresh_token"]
    with clock.frozen(clock.now() + timedelta(seconds=11)):
        assert (await _refresh(suite, tokens["refresh_token"])).status_code == 401
    assert (await _refresh(suite, following["refresh_token"])).status_code == 401
    assert (await suite.client(following["access_token"]).get("/gateway/me")).status_code == 401
    async with suite.service.database.reading() as session:
        reasons = await session.scalars(
            select(audit_entry.c.changes).where(audit_entry.c.action == "session_ended")
        )
        assert [changes["reason"] for changes in reasons] == [[None, "refresh_token_reused"]]


@pytest.mark.parametrize(("days", "status"), [(6.9, 200), (7.1, 401)])
async def test_a_session_nobody_used_for_a_week_is_over(
    suite: Suite, days: float, status: int
) -> None:
    tokens = await suite.tokens()
    with clock.frozen(clock.now() + timedelta(days=days)):
        assert (await _refresh(suite, tokens["refresh_token"])).status_code == status


async def test_a_refresh_token_is_no_access_token_and_nothing_else_is_one(suite: Suite) -> None:
    tokens = await suite.tokens()
    refresh, access = tokens["refresh_token"], tokens["access_token"]
    assert (await suite.client(refresh).get("/gateway/me")).status_code == 401
    for token in (refresh[:-1], refresh.upper(), access[:190], "x", "é" * 50):
        assert (await _refresh(suite, token)).status_code == 401
    for body in ({}, {"refresh_token": ""}, {"refresh_token": 5}, {"refresh_token": "x" * 201}):
        answer = await suite.client().post("/gateway/token/refresh", json=body)
        assert answer.status_code == 422


@pytest.mark.parametrize("by_refresh_token", [True, False])
async def test_logout_ends_the_session_at_once(suite: Suite, *, by_refresh_token: bool) -> None:
    other, tokens = await suite.tokens(), await suite.tokens()
    client = suite.client(tokens["access_token"])
    assert (await client.get("/deals/deals")).status_code == 200
    if by_refresh_token:
        body = {"refresh_token": tokens["refresh_token"]}
        answer = await suite.client().post("/gateway/logout", json=body)
    else:
        answer = await client.post("/gateway/logout")
    assert answer.status_code == 204, answer.text
    assert (await client.get("/deals/deals")).status_code == 401
    assert (await _refresh(suite, tokens["refresh_token"])).status_code == 401
    assert (await suite.client(other["access_token"]).get("/gateway/me")).status_code == 200
    assert (await suite.client().post("/gateway/logout")).status_code == 401


async def test_a_new_password_and_deactivation_end_every_session(suite: Suite) -> None:
    user = await suite.add_user("Anna")
    admin = await suite.login()
    for change in (
        admin.patch(f"/gateway/users/{user['id']}", json={"password": "another password"}),
        admin.post(f"/gateway/users/{user['id']}/deactivate"),
    ):
        password = "correct horse battery" if user["version"] == 1 else "another password"
        tokens = await suite.tokens("anna@example.com", password)
        client = suite.client(tokens["access_token"])
        assert (await client.get("/deals/deals")).status_code == 200
        assert (await change).status_code == 200
        assert (await client.get("/deals/deals")).status_code == 401
        assert (await _refresh(suite, tokens["refresh_token"])).status_code == 401
        user = (await admin.get(f"/gateway/users/{user['id']}")).json()


async def test_a_login_that_began_with_the_old_password_does_not_outlive_the_change(
    suite: Suite,
) -> None:
    """GAT-023: the login compared the password before the change, and wants its session after."""
    body = {"email": "root@example.com", "password": "correct horse battery"}
    waiting = text("select exists (select from pg_locks where not granted)")
    async with suite.service.database.transaction(by_system("test")) as session:
        await session.execute(update(User).values(password_hash="another"))
        login = asyncio.create_task(suite.client().post("/gateway/login", json=body))
        async with asyncio.timeout(20):
            while not (login.done() or await session.scalar(waiting)):
                await asyncio.sleep(0.01)
    assert (await login).status_code == 401
    async with suite.service.database.reading() as session:
        assert await session.scalar(text("select count(*) from login_session")) == 0


async def test_sessions_that_cannot_come_back_are_forgotten(suite: Suite) -> None:
    old = await suite.tokens()
    with clock.frozen(clock.now() + timedelta(days=20)):
        await suite.tokens()
    schedule = create_worker(suite.app.state.settings).schedules[0]
    with clock.frozen(clock.now() + timedelta(days=31)):
        await schedule.work(suite.service.database)
    async with suite.service.database.reading() as session:
        assert await session.scalar(text("select count(*) from login_session")) == 1
        assert await session.scalar(text("select count(*) from refresh_token")) == 1
    assert (await _refresh(suite, old["refresh_token"])).status_code == 401


async def test_a_hash_of_older_parameters_is_renewed_at_login(suite: Suite) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse battery")
    async with suite.service.database.transaction(by_system("test")) as session:
        await session.execute(update(User).values(password_hash=weak))
    await suite.tokens()
    async with suite.service.database.reading() as session:
        kept = await session.scalar(select(User.password_hash))
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await suite.tokens()


async def test_an_idempotency_key_does_not_store_tokens(suite: Suite) -> None:
    """An answer kept for GAT-004 would be a token kept in clear."""
    body = {"email": "root@example.com", "password": "correct horse battery"}
    headers = {"Idempotency-Key": "k"}
    answers = [
        await suite.client().post("/gateway/login", json=body, headers=headers) for _ in range(2)
    ]
    assert answers[0].json()["refresh_token"] != answers[1].json()["refresh_token"]
    async with suite.service.database.reading() as session:
        assert await session.scalar(text("select count(*) from idempotency_key")) == 0
        assert await session.scalar(select(LoginSession.ended_at).limit(1)) is None
