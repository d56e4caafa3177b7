"""Only good access tokens open anything (RFC 8725, GAT-027)."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.tokens import new_pair
from kernel import clock
from kernel.ids import uuid7

Suite = Any
Json = dict[str, Any]


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _token(key: Any, header: Any, claims: Any) -> str:
    """Sign anything, however wrong; header and claims are objects or raw JSON."""
    parts = [part if isinstance(part, bytes) else _json(part) for part in (header, claims)]
    signed = ".".join(map(_encoded, parts))
    return f"{signed}.{_encoded(key.sign(signed.encode()))}"


def _hs256(secret: bytes, header: Json, claims: Json) -> str:
    signed = ".".join(_encoded(_json(part)) for part in (header, claims))
    return f"{signed}.{_encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def _hostile(suite: Suite, good: str) -> dict[str, str]:
    """Make one bad token of each kind, from what a good one says."""
    key, other = suite.signer.key, new_pair()[0].key
    header_part, claims_part, signature = good.split(".")
    header: Json = json.loads(base64.urlsafe_b64decode(header_part + "=="))
    claims: Json = json.loads(base64.urlsafe_b64decode(claims_part + "=="))
    now = int(clock.now().timestamp())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert _token(key, header, claims) == good

    def claiming(**changes: Any) -> str:
        return _token(key, header, {**claims, **changes})

    def heading(**changes: Any) -> str:
        return _token(key, {**header, **changes}, claims)

    def without(name: str) -> str:
        return _token(key, header, {k: v for k, v in claims.items() if k != name})

    unsigned = ".".join((_encoded(_json({**header, "alg": "none"})), claims_part, ""))
    twice = _json(claims)[:-1] + b', "sub": "%s"}' % str(uuid7()).encode()
    return {
        "alg none": unsigned,
        "alg none, signed": heading(alg="none"),
        "alg nOnE": ".".join((_encoded(_json({**header, "alg": "nOnE"})), claims_part, "")),
        "alg HS256 with the public key": _hs256(public, {**header, "alg": "HS256"}, claims),
        "alg ES256": heading(alg="ES256"),
        "alg a number": heading(alg=5),
        "no alg": _token(key, {"typ": "at+jwt", "kid": "gateway"}, claims),
        "crit": heading(crit=["exp"]),
        "jku": heading(jku="https://example.com/keys"),
        "jwk": heading(jwk={"kty": "OKP"}),
        "kid a path": heading(kid="../../etc/passwd"),
        "kid unknown": heading(kid="other"),
        "kid a list": heading(kid=["gateway"]),
        "no kid": _token(key, {"alg": "EdDSA", "typ": "at+jwt"}, claims),
        "typ of internal tokens": heading(typ="rapport-internal+jwt"),
        "typ JWT": heading(typ="JWT"),
        "no typ": _token(key, {"alg": "EdDSA", "kid": "gateway"}, claims),
        "an internal token": suite.signer.sign({"sub": claims["sub"]}, audience="deals"),
        "audience of a service": claiming(aud="deals"),
        "two audiences": claiming(aud=["rapport", "deals"]),
        "one audience in a list": claiming(aud=["rapport"]),
        "no audience": without("aud"),
        "issuer": claiming(iss="somebody"),
        "no issuer": without("iss"),
        "expired": claiming(iat=now - 332, exp=now - 32),
        "exp text": claiming(exp=str(now + 100)),
        "exp huge": claiming(exp=1e308),
        "exp NaN": _token(key, header, _json({**claims, "exp": float("nan")})),
        "exp true": claiming(exp=True),
        "exp years away": claiming(exp=now + 10**9),
        "no exp": without("exp"),
        "iat in the future": claiming(iat=now + 60, exp=now + 300),
        "iat after exp": claiming(iat=now + 10, exp=now),
        "no iat": without("iat"),
        "no sub": without("sub"),
        "sub a number": claiming(sub=5),
        "sub no uuid": claiming(sub="root"),
        "no sid": without("sid"),
        "sid unknown": claiming(sid=str(uuid7())),
        "sid a list": claiming(sid=[]),
        "sub of somebody else": claiming(sub=str(uuid7())),
        "sub given twice": _token(key, header, twice),
        "other key": _token(other, header, claims),
        "other signature": f"{header_part}.{claims_part}.{_encoded(b'x' * 64)}",
        "no signature": f"{header_part}.{claims_part}.",
        "two parts": f"{header_part}.{claims_part}",
        "four parts": f"{good}.x",
        "a space inside": good.replace(".", " .", 1),
        "claims a list": _token(key, header, []),
        "header a list": _token(key, [], claims),
        "deep header": _token(key, b"[" * 1500, claims),
        "deep claims": _token(key, header, b'{"a":' * 400),
        "five kilobytes": claiming(padding="x" * 5000),
        "not base64": "***.***.***",
        "empty": "",
        "an API of our own": "Bearer " + good,
        "signature cut": good[:-2],
        "signature longer": good + "AA",
        "a refresh token": signature[:43],
    }


async def test_no_hostile_token_opens_anything_and_all_get_the_same_answer(suite: Suite) -> None:
    """E1."""
    good = (await suite.tokens())["access_token"]
    assert (await suite.client(good).get("/deals/deals")).status_code == 200  # known from now on
    hostile = _hostile(suite, good)
    assert len(hostile) > 50
    bodies = set()
    for kind, token in hostile.items():
        answer = await suite.client(token or "").get(
            "/deals/deals", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 401, kind
        bodies.add(answer.content)
    assert len(bodies) == 1
    assert (await suite.client(good).get("/deals/deals")).status_code == 200


async def test_a_megabyte_of_token_is_refused_without_being_read(suite: Suite) -> None:
    good = (await suite.tokens())["access_token"]
    answer = await suite.client(good + "x" * 1_000_000).get("/deals/deals")
    assert answer.status_code == 401


HEADERS: tuple[list[tuple[str, str]], ...] = (
    [],
    [("Authorization", "")],
    [("Authorization", "Bearer")],
    [("Authorization", "Basic {token}")],
    [("Authorization", "{token}")],
    [("Authorization", "Bearer  {token}")],
    [("Authorization", "Bearer {token}"), ("Authorization", "Bearer {token}")],
    [("Authorization", "Bearer {token}, Bearer {token}")],
    [("X-Authorization", "Bearer {token}")],
    [("Cookie", "access_token={token}")],
)


async def test_only_one_bearer_header_counts(suite: Suite) -> None:
    token = (await suite.tokens())["access_token"]
    for headers in HEADERS:
        sent = [(name, value.format(token=token)) for name, value in headers]
        for path in ("/deals/deals", "/gateway/me"):
            answer = await suite.client().get(path, headers=sent)
            assert answer.status_code == 401, headers
    assert (await suite.client().get(f"/deals/deals?access_token={token}")).status_code == 401


async def test_an_access_token_is_good_for_five_minutes_and_half_a_minute_of_leeway(
    suite: Suite,
) -> None:
    client = await suite.login()
    assert (await client.get("/deals/deals")).status_code == 200
    with clock.frozen(clock.now() + timedelta(seconds=325)):
        assert (await client.get("/deals/deals")).status_code == 200
    with clock.frozen(clock.now() + timedelta(seconds=331)):
        assert (await client.get("/deals/deals")).status_code == 401


async def test_internal_tokens_open_the_gateway_neither_from_outside_nor_for_another_service(
    suite: Suite,
) -> None:  # E11
    user = str(uuid7())
    rights = {"sub": user, "rights": {"user.view": "all", "user.manage": "all"}}
    for audience in ("gateway", "deals", "rapport"):
        token = suite.signer.sign(rights, audience=audience)
        assert (await suite.client(token).get("/gateway/users")).status_code == 401
    access = (await suite.tokens())["access_token"]
    foreign = suite.signer.sign(rights, audience="deals")
    stranger, _ = new_pair()
    forged = stranger.sign(rights, audience="gateway")
    inside = suite.service.client()
    for token in (access, foreign, forged):
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await inside.get("/v1/users", headers=bearer)).status_code == 401
        assert (await inside.get("/internal/event-log", headers=bearer)).status_code == 401
    mine = {"Authorization": f"Bearer {suite.signer.sign(rights, audience='gateway')}"}
    assert (await inside.get("/v1/users", headers=mine)).status_code == 200
    assert (await inside.get("/internal/event-log", headers=mine)).status_code == 401
    await inside.aclose()


def test_the_test_keys_are_ed25519() -> None:
    assert isinstance(new_pair()[0].key, Ed25519PrivateKey)
