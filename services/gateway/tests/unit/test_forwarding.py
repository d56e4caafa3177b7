"""What goes through the gateway, and what does not."""

import pytest

from gateway.domain.forwarding import passing, returning, target_of

SPOOFED = [
    "Authorization",
    "Cookie",
    "Forwarded",
    "Host",
    "Via",
    "X-User",
    "X-User-Id",
    "X-User-Email",
    "X-User-Name",
    "X-User-Roles",
    "X-Internal-Token",
    "X-Internal-User",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Prefix",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Real-IP",
    "X-Client-IP",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Original-Forwarded-For",
    "X-Auth-Request-User",
    "X-Remote-User",
    "X-Authenticated-Userid",
    "X-Consumer-Id",
    "X_User_Id",
    "X-Correlation-Id",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Remote-User",
    "Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-HTTP-Method-Override",
    "X-Amzn-Oidc-Identity",
]


def test_no_header_that_claims_an_identity_passes() -> None:  # E11
    assert len(SPOOFED) > 30
    assert passing((name.lower().encode(), b"root") for name in SPOOFED) == []


def test_what_a_service_needs_passes() -> None:
    kept = [
        (b"accept", b"*/*"),
        (b"content-type", b"application/json"),
        (b"content-length", b"5"),
        (b"if-match", b'"1"'),
        (b"idempotency-key", b"k"),
        (b"traceparent", b"00-1-2-01"),
        (b"user-agent", b"test"),
        (b"origin", b"https://example.com"),
    ]
    hops = [(b"connection", b"close, Secret-Hop"), (b"secret-hop", b"1"), (b"te", b"trailers")]
    assert passing(kept + hops + [(b"transfer-encoding", b"chunked")]) == kept


@pytest.mark.parametrize(
    ("raw", "service", "path"),
    [
        (b"/api/v1/deals/deals", "deals", "/v1/deals"),
        (b"/api/v1/deals/deals/", "deals", "/v1/deals/"),
        (b"/api/v1/deals//admin", "deals", "/v1//admin"),
        (b"/api/v1/deals/a%2Fb;c=1/%C3%A9", "deals", "/v1/a/b;c=1/é"),
        (b"/api/v1/deals/...", "deals", "/v1/..."),
        (b"/api/v1/dea%6cs/x", "dea%6cs", "/v1/x"),
    ],
)
def test_a_path_leads_to_its_service(raw: bytes, service: str, path: str) -> None:
    target = target_of(raw)
    assert target is not None
    assert (target.service, target.path) == (service, path)
    assert target.raw_path == b"/v1/" + raw.split(b"/", 4)[4]


@pytest.mark.parametrize(
    "raw",
    [
        b"/api/v1/deals",
        b"/api/v1/",
        b"/api//v1/deals/x",
        b"//api/v1/deals/x",
        b"/%61pi/v1/deals/x",
        b"/api/v1/deals/..",
        b"/api/v1/deals/../../internal/event-log",
        b"/api/v1/deals/%2e%2e/internal",
        b"/api/v1/deals/%2E./internal",
        b"/api/v1/deals/x%2f..%2f..%2finternal",
        b"/api/v1/deals/./x",
    ],
)
def test_a_path_that_climbs_or_is_disguised_leads_nowhere(raw: bytes) -> None:
    assert target_of(raw) is None


@pytest.mark.parametrize(
    ("raw", "public"),
    [
        (b"/api/v1/intake/public/forms/7", True),
        (b"/api/v1/gateway/login", True),
        (b"/api/v1/gateway/token/refresh", True),
        (b"/api/v1/gateway/setup", True),
        (b"/api/v1/gateway/login/", False),
        (b"/api/v1/gateway/logout", False),
        (b"/api/v1/gateway/me", False),
        (b"/api/v1/intake/public", False),
        (b"/api/v1/intake/publics/x", False),
        (b"/api/v1/intake/x/public/", False),
        (b"/api/v1/deals/public/x", False),
        (b"/api/v1/deals/login", False),
    ],
)
def test_only_forms_and_login_are_public(raw: bytes, *, public: bool) -> None:
    target = target_of(raw)
    assert target is not None
    assert target.is_public == public


def test_an_answer_leads_back_through_the_gateway() -> None:
    headers = [
        (b"Location", b"/v1/deals/7"),
        (b"ETag", b'"1"'),
        (b"connection", b"close"),
        (b"x-correlation-id", b"theirs"),
        (b"server", b"uvicorn"),
    ]
    assert returning(headers, "deals") == [
        (b"location", b"/api/v1/deals/deals/7"),
        (b"etag", b'"1"'),
    ]
    away = [(b"location", b"https://example.com/v1/x")]
    assert returning(away, "deals") == away
