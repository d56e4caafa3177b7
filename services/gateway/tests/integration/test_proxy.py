"""The way through to the services (GAT-027, GAT-083)."""

from datetime import timedelta
from itertools import product
from typing import Any

import httpx2
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from chassis.auth import caller_from
from kernel import clock
from kernel.ids import uuid7

Suite = Any
Json = dict[str, Any]


def _headers(answer: httpx2.Response) -> dict[str, list[str]]:
    seen: dict[str, list[str]] = {}
    for name, value in answer.json()["headers"]:
        seen.setdefault(name, []).append(value)
    return seen


async def test_a_request_reaches_the_service_as_it_was_sent(suite: Suite) -> None:
    client = await suite.login()
    answer = await client.post(
        "/deals/deals/a%2Fb/%C3%A9?q=a%20b&x=%2B", content=b'{"a": 1}', headers={"If-Match": '"3"'}
    )
    seen = answer.json()
    assert (seen["method"], seen["path"]) == ("POST", "/v1/deals/a/b/é")
    assert (seen["raw_path"], seen["query"]) == ("/v1/deals/a%2Fb/%C3%A9", "q=a%20b&x=%2B")
    assert (seen["body"], _headers(answer)["if-match"]) == ('{"a": 1}', ['"3"'])
    assert answer.headers["Location"] == "/api/v1/deals/deals/7"
    assert "connection" not in answer.headers


async def test_identities_are_written_by_the_gateway_alone(suite: Suite) -> None:
    """E11: what the client claims is dropped, what the gateway knows is told."""
    client = await suite.login()
    correlation = str(uuid7())
    answer = await client.get(
        "/deals/x",
        headers={
            "X-User-Id": "root",
            "X-Internal-Token": "root",
            "X-Forwarded-For": "10.0.0.1",
            "Forwarded": "for=10.0.0.1",
            "Cookie": "a=b",
            "X-Correlation-Id": correlation,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        },
    )
    seen = _headers(answer)
    assert not {"x-user-id", "x-internal-token", "forwarded", "cookie"} & seen.keys()
    assert seen["x-forwarded-for"] == ["203.0.113.9"]
    assert seen["x-correlation-id"] == [correlation]
    assert seen["traceparent"] == ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
    assert answer.headers.get_list("X-Correlation-Id") == [correlation]
    (bearer,) = seen["authorization"]
    claims = suite.verifier.claims(bearer.removeprefix("Bearer "), audience="deals")
    caller = caller_from(claims)
    assert (caller.actor_kind, caller.way) == ("user", "api")
    assert caller.rights["deals.deal.delete"] == "all"
    assert {right.partition(".")[0] for right in caller.rights} == {"deals"}


async def test_a_service_goes_on_with_the_trace_of_the_gateway(suite: Suite) -> None:
    """GAT-082: where traces are recorded, the span here stands between client and service."""
    client = await suite.login()
    span = SpanContext(
        int("a" * 32, 16), int("b" * 16, 16), is_remote=False, trace_flags=TraceFlags(1)
    )
    theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with use_span(NonRecordingSpan(span)):
        answer = await client.get("/deals/x", headers={"traceparent": theirs})
    assert _headers(answer)["traceparent"] == [f"00-{'a' * 32}-{'b' * 16}-01"]


async def test_public_forms_need_no_login_and_forward_none(suite: Suite) -> None:
    clients = (suite.client(), suite.client("rubbish"), await suite.login())
    for client, method in product(clients, ("GET", "POST", "PUT", "PATCH", "DELETE")):
        answer = await client.request(method, "/intake/public/forms/7")
        assert answer.status_code == 200
        assert "authorization" not in _headers(answer)
        assert _headers(answer)["x-forwarded-for"] == ["203.0.113.9"]


NOWHERE = (
    ("GET", "/tasks/tasks", 404),
    ("GET", "/nothing/x", 404),
    ("GET", "/deals", 404),
    ("GET", "/deals/%2e%2e/internal/event-log", 404),
    ("GET", "/intake/public/%2e%2e/leads", 404),
    ("GET", "/deals/%00", 422),
    ("GET", "/deals/%ff", 400),
    ("TRACE", "/deals/x", 405),
    ("BREW", "/deals/x", 405),
    ("CONNECT", "/deals/x", 405),
)


async def test_what_leads_nowhere_is_a_problem(suite: Suite) -> None:
    clients = (await suite.login(), suite.client())
    for method, path, status in NOWHERE:
        for client in clients:
            answer = await client.request(method, f"http://gateway/api/v1{path}")
            assert answer.status_code == status, path
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.headers["X-Correlation-Id"]


async def test_a_doubled_slash_is_routed_by_the_service(suite: Suite) -> None:
    client = await suite.login()
    seen = (await client.get("http://gateway/api/v1/deals//admin;x=1")).json()
    assert seen["raw_path"] == "/v1//admin;x=1"
    assert (await client.get("http://gateway//api/v1/deals/x")).status_code == 404


async def test_an_internal_token_is_used_again_for_half_a_minute_and_per_service(
    suite: Suite,
) -> None:
    client = await suite.login()

    async def bearer(path: str) -> str:
        return _headers(await client.get(path))["authorization"][0]

    first = await bearer("/deals/x")
    assert await bearer("/deals/y") == first
    assert await bearer("/intake/x") != first
    with clock.frozen(clock.now() + timedelta(seconds=29)):
        assert await bearer("/deals/x") == first
    with clock.frozen(clock.now() + timedelta(seconds=31)):
        assert await bearer("/deals/x") != first


async def test_a_body_over_the_limit_is_refused_at_the_gate(start_suite: Any) -> None:
    async with start_suite(forwarded_body_bytes=1000) as suite:

        async def parts() -> Any:
            for _ in range(20):
                yield b"x" * 100

        small = await suite.client().post("/intake/public/f", content=b"x" * 1000)
        large = await suite.client().post("/intake/public/f", content=b"x" * 1001)
        counted = await suite.client().post("/intake/public/f", content=parts())
    assert (small.status_code, large.status_code, counted.status_code) == (200, 413, 413)


async def test_the_gateways_own_api_has_the_limits_of_every_service(suite: Suite) -> None:
    client = await suite.login()
    large = await client.post("/gateway/users", json={"name": "x" * 1_100_000})
    assert large.status_code == 413
    unknown = await client.get("/gateway/users?colour=red")
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "query/colour")
