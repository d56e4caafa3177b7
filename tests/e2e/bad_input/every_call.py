"""Rows 49, 51 and 52, and what GAT-001 to GAT-014 say of every call."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives import serialization
from tests.e2e.bad_input import valid
from tests.e2e.bad_input.case import Case
from tests.e2e.bad_input.document import Operation, Place
from tests.e2e.bad_input.rows import (
    Cases,
    case,
    in_each,
    in_query,
    in_turn,
    parameters,
    places,
    right,
    row,
    samples,
    with_json,
)
from tests.e2e.bad_input.world import World

from chassis.tokens import Signer, new_pair
from kernel.ids import uuid7

KEY: Final = "Idempotency-Key"
OURS: Final = (
    "id",
    "version",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "deleted_at",
)
NO_ID: Final = (
    "abc",
    "",
    "0",
    "00000000-0000-0000-0000",
    "g" * 36,
    "01990000-0000-7000-8000-00000000000\u0660",
)
STALE: Final = ('"0"', '"999999"')
NO_VERSION: Final = ("abc", '"x"', '"-1"', '"1.0"', '"99999999999999999999"', '""')


@row("49", "no token, or one that is not good here, answers 401 with one code")
def tokens(world: World) -> Cases:
    closed = [one for one in world.document.operations if not one.public]
    wrong = dict(_bad_tokens(world))
    for operation in closed:
        yield _refused(world, operation, "no token")
        yield _refused(world, operation, "expired", wrong["expired"])
    for operation in samples(one for one in closed if one.method == "GET"):
        for what, token in wrong.items():
            yield _refused(world, operation, what, token)


def _refused(world: World, operation: Operation, what: str, token: str | None = None) -> Case:
    made = case(world, operation, what, 401, actor="nobody", code="unauthenticated")
    return made if token is None else made.sent_with(("Authorization", f"Bearer {token}"))


def _bad_tokens(world: World) -> Iterator[tuple[str, str]]:
    """Make tokens wrong in one way each; the gateway's own tests have fifty more."""
    signer, good = world.signer, world.admin
    claims: dict[str, Any] = json.loads(_decoded(good.split(".")[1]))
    sub = {"sub": claims["sub"], "sid": claims["sid"]}
    access = partial(signer.sign, audience="rapport", type_="at+jwt")
    yield "expired", access(sub, seconds=-31)
    yield "alg none", f"{_encoded({'alg': 'none', 'typ': 'at+jwt'})}.{good.split('.')[1]}."
    yield "HS256 with the public key", _signed_with_public_key(signer, claims)
    yield "another key", new_pair()[0].sign(sub, audience="rapport", type_="at+jwt")
    yield "another audience", signer.sign(sub, audience="deals", type_="at+jwt")
    yield "an internal token", signer.sign(sub, audience="rapport")
    yield (
        "an internal token of a service",
        signer.sign({"sub": "mail", "kind": "system"}, audience="deals"),
    )
    yield "a session that never was", access({**sub, "sid": str(uuid7())})
    yield "another user's session", access({**sub, "sub": str(uuid7())})
    yield "a refresh token", world.refresh_token
    yield "a user who was deactivated", world.ended
    yield "20 KB", good + "a" * 20_000
    yield "a word", "token"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(value: dict[str, Any] | bytes) -> str:
    raw = value if isinstance(value, bytes) else orjson.dumps(value)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _signed_with_public_key(signer: Signer, claims: dict[str, Any]) -> str:
    public = signer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = _encoded({"alg": "HS256", "typ": "at+jwt", "kid": "gateway"})
    signed = f"{head}.{_encoded(claims)}"
    return f"{signed}.{_encoded(hmac.new(public, signed.encode(), hashlib.sha256).digest())}"


@row("51", "an Idempotency-Key that is too long or was used for another body answers 422")
def keys(world: World) -> Cases:
    """The second call of another user is his own first; GAT-004 also asks for the replay."""
    for operation in world.document.operations:
        if operation.method == "POST":
            for key in ("k" * 256, "", "k" * 5_000):
                made = case(
                    world, operation, f"a key of {len(key)}", 422, fault="header/idempotency-key"
                )
                yield made.sent_with((KEY, key))
    for operation, path, key, sent in world.made:
        again = case(
            world, operation, "the same again", 201, path=path, content=orjson.dumps(sent),
            answers="anything",
        )  # fmt: skip
        yield again.sent_with((KEY, key))
        other = orjson.dumps({**sent, "name": "Another"})
        yield case(
            world, operation, "another body", 422, path=path, content=other,
            code="idempotency_key_reused",
        ).sent_with((KEY, key))  # fmt: skip
        wrong = orjson.dumps({**sent, "is_admin": True})
        yield case(
            world, operation, "another user", 422, path=path, content=wrong, fault="/is_admin",
            actor="other",
        ).sent_with((KEY, key))  # fmt: skip


@row("52", "an old If-Match answers 412, what is no version 422; a needed field cannot be emptied")
def versions(world: World) -> Cases:
    """Without If-Match, and so with `*`, a write is accepted: GAT-003."""
    turns = in_turn(NO_VERSION, 2)
    for operation in world.document.operations:
        if _writes_a_record(world, operation):
            ids = world.deleted_ids(operation) if operation.is_for_deleted else world.ids
            path = operation.path.format_map(ids)
            for text in STALE:
                what = f"If-Match {text}"
                made = case(world, operation, what, 412, path=path, code="stale")
                yield made.sent_with(("If-Match", text))
            for text in next(turns):
                what = f"If-Match {text}"
                made = case(world, operation, what, 422, path=path, fault="header/if-match")
                yield made.sent_with(("If-Match", text))
    yield from in_each(world, _not_null(world), [b"null"])


def _writes_a_record(world: World, operation: Operation) -> bool:
    """Answer whether a call changes the record its path names: no list takes new ones there."""
    if not operation.within("path") or operation.method == "GET" or operation.public:
        return False
    is_list = any(
        (one.method, one.path) == ("GET", operation.path) for one in world.document.operations
    )
    copies = operation.path.endswith("/copy")
    return operation.method != "POST" or not (is_list or copies)


def _not_null(world: World) -> Iterator[tuple[Operation, Place]]:
    for operation in with_json(world):
        for place in world.document.body_fields(operation):
            if not place.nullable:
                yield operation, place


@row("52 deals", "a stage of another pipeline, and a second end, are refused")
def moves(world: World) -> Cases:
    deal = f"/api/v1/deals/deals/{world.ids['deal_id']}"
    closed = f"/api/v1/deals/deals/{world.closed_deal}"
    stage = {"stage_id": world.ids["stage_id"]}
    by_path = {one.path: one for one in world.document.operations if one.method == "POST"}
    move = by_path["/api/v1/deals/deals/{deal_id}/move"]
    foreign = orjson.dumps(stage)
    yield case(
        world, move, "a stage of another pipeline", 422, path=f"{deal}/move", content=foreign,
        fault="/stage_id",
    )  # fmt: skip
    for verb in ("win", "lose"):
        operation = by_path[f"/api/v1/deals/deals/{{deal_id}}/{verb}"]
        yield case(world, operation, "closed already", 409, path=f"{closed}/{verb}", content=b"{}")
    change = world.operation("PATCH", "deals/deals/{deal_id}")
    assert change
    other = orjson.dumps({"amount": {"amount": "10", "currency": "USD"}})
    yield case(
        world, change, "row 18: another currency when closed", 422, path=closed, content=other
    )


LETTERS_OF_A_RECORD: Final = "/{record_id}/letters"
"""Mail may not have heard of the record yet: a deal just made has no letters, but it is there."""


@row("GAT-001", "a record that is not there answers 404")
def absent(world: World) -> Cases:
    for operation in world.document.operations:
        if operation.path.endswith(LETTERS_OF_A_RECORD):
            continue
        for place in operation.within("path"):
            if place.kind == "uuid":
                path = operation.path.format_map({**world.ids, place.name: str(uuid7())})
                what = f"another {place.name}"
                if operation.method == "PUT" and place.name == "user_id":  # who is to be a member
                    status, code = 422, None  # GAT-040: users that cannot be used are refused
                else:
                    status, code = 404, "not_found"
                yield case(world, operation, what, status, path=path, code=code)
        if operation.is_form:
            path = operation.path.format_map({"token": "another"})
            yield case(world, operation, "another token", 404, path=path, code="not_found")


@row("GAT-002", "every wrong field of a body is named, each once")
def all_wrong(world: World) -> Cases:
    for operation in with_json(world):
        assert operation.body is not None
        fields = world.document.place((), operation.body).schema.get("properties", {})
        body = {name: {"a": [1]} for name in fields}
        wrong = {f"/{name}" for name in fields if "filter" not in name}
        objects = {
            f"/{name}"
            for name, schema in fields.items()
            if world.document.place((), schema).kind is None
        }
        plain = {name: value for name, value in body.items() if f"/{name}" in wrong - objects}
        content = orjson.dumps({**orjson.loads(right(world, operation)), **plain})
        faults = frozenset(wrong - objects)
        if faults:
            yield case(world, operation, "all wrong", 422, content=content, faults=faults)


@row("GAT-006", "what is no UUID answers 422, in a path 404 or 422; money is one object")
def no_ids(world: World) -> Cases:
    yield from in_each(world, places(world, "uuid"), NO_ID, at_most=1)
    ids = [one for one in NO_ID if one.isascii()]
    yield from in_query(world, parameters(world, "uuid"), ids, at_most=2)
    for operation in world.document.operations:
        for place in operation.within("path"):
            for text in ("abc", "0", "%20", "null") if place.kind == "uuid" else ():
                path = operation.path.format_map({**world.ids, place.name: text})
                yield case(world, operation, f"{place.name} = {text}", (404, 422), path=path)
    money = [
        (operation, place)
        for operation in with_json(world)
        for place in world.document.body_fields(operation)
        if place.schema.get("properties", {}).keys() == {"amount", "currency"}
    ]
    wrong = [b'"10"', b"10", b'"10 EUR"', b'["10", "EUR"]', b"{}", b'{"amount": "10"}']
    wrong += [b'{"currency": "EUR"}', b'{"amount": null, "currency": "EUR"}']
    yield from in_each(world, money, wrong)


@row("GAT-013", "what the server sets answers 422 when a client sends it")
def server_fields(world: World) -> Cases:
    for operation in with_json(world):
        for name in OURS:
            whole = {**valid.body(world.document, operation, world.ids), name: "1"}
            content = orjson.dumps(whole)
            yield case(world, operation, name, 422, content=content, fault=f"/{name}")


@row("GAT-014", "a deleted record answers 404 like one that never was")
def deleted(world: World) -> Cases:
    for operation in world.document.operations:
        path = operation.path.format_map(world.deleted_ids(operation))
        is_gone = path != operation.path.format_map(world.ids)
        if is_gone and not operation.is_for_deleted:
            yield case(world, operation, "deleted", 404, path=path, code="not_found")
