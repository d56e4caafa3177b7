"""A fresh install has no default password (GAT-029)."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from structlog.testing import capture_logs

from chassis import telemetry
from chassis.origin import by_system
from chassis.settings import ChassisSettings
from gateway.commands.setup import pending_setup_token
from gateway.models.setup import SetupToken

Suite = Any
Json = dict[str, Any]
BODY = {"email": "first@example.com", "password": "correct horse battery"}


async def _token(suite: Suite) -> str | None:
    async with suite.service.database.transaction(by_system("test")) as session:
        return await pending_setup_token(session)


async def test_a_printed_token_makes_the_first_administrator_once(start_suite: Any) -> None:
    telemetry.configure("gateway", ChassisSettings())  # once per process, or it ends the capture
    async with AsyncExitStack() as running:
        with capture_logs() as lines:
            suite = await running.enter_async_context(start_suite())
        (printed,) = [line for line in lines if line["event"] == "setup.needed"]
        token, other = printed["token"], await _token(suite)
        assert printed["post"] == "/api/v1/gateway/setup"
        async with suite.service.database.reading() as session:
            kept = (await session.scalars(select(SetupToken.digest))).all()
        assert len(kept) == 2
        assert token.encode() not in b"".join(kept)
        client = suite.client()
        wrong = await client.post("/gateway/setup", json={**BODY, "token": "x" * 43})
        assert (wrong.status_code, await suite.service.said()) == (401, [])
        for field, value in (("password", "short"), ("email", "x"), ("roles", []), ("token", "")):
            change: Json = {field: value}
            bad = await client.post("/gateway/setup", json={**BODY, "token": token, **change})
            assert bad.status_code == 422
        made = await client.post("/gateway/setup", json={**BODY, "token": token})
        assert (made.status_code, made.json()["email"]) == (201, "first@example.com")
        assert made.headers["Location"] == f"/api/v1/gateway/users/{made.json()['id']}"
        used = await client.post("/gateway/setup", json={**BODY, "token": token})
        late = await client.post(
            "/gateway/setup", json={**BODY, "token": other, "email": "b@example.com"}
        )
        assert (used.status_code, late.status_code) == (401, 409)
        assert await _token(suite) is None
        assert (
            await (await suite.login("first@example.com")).get("/gateway/users")
        ).status_code == 200


async def test_two_at_once_make_one_administrator(start_suite: Any) -> None:
    async with start_suite() as suite:
        tokens = [await _token(suite) for _ in range(4)]
        answers = await asyncio.gather(
            *(
                suite.client().post(
                    "/gateway/setup", json={**BODY, "token": token, "email": f"u{n}@example.com"}
                )
                for n, token in enumerate([*tokens, tokens[0]])
            )
        )
        assert {answer.status_code for answer in answers} <= {201, 401, 409}
        assert [answer.status_code for answer in answers].count(201) == 1
        assert len(await suite.service.said("gateway.user.created")) == 1


async def test_the_variables_make_the_first_administrator_and_are_ignored_later(
    start_suite: Any,
) -> None:
    first = {"admin_email": "one@example.com", "admin_password": SecretStr("one one one one")}
    second = {"admin_email": "two@example.com", "admin_password": SecretStr("two two two two")}
    async with start_suite(**first) as suite:
        assert await suite.tokens("one@example.com", "one one one one")
        url = suite.app.state.settings.database_url
        async with start_suite(url, **second) as again:
            refused = await again.client().post(
                "/gateway/login", json={"email": "two@example.com", "password": "two two two two"}
            )
            setup = await again.client().post("/gateway/setup", json={**BODY, "token": "x"})
            assert (refused.status_code, setup.status_code) == (401, 409)
            assert await again.tokens("one@example.com", "one one one one")


@pytest.mark.parametrize(
    ("email", "password"), [("one@example.com", "short"), ("nobody", "one one one one")]
)
async def test_bad_variables_stop_the_start(start_suite: Any, email: str, password: str) -> None:
    with pytest.raises(ValueError, match=r"RAPPORT_ADMIN_PASSWORD|e-mail address"):
        async with start_suite(admin_email=email, admin_password=SecretStr(password)):
            raise AssertionError("started")
