"""Rows 1 to 13: bodies that cannot be read, or hold what nobody asked for."""

import gzip
import zlib
from typing import Final

import orjson
from tests.e2e.bad_input.rows import (
    AS_JSON,
    Cases,
    case,
    first_of_each,
    free_form,
    in_each,
    in_query,
    in_turn,
    is_proof,
    parameters,
    places,
    refused_at_last,
    right,
    right_object,
    row,
    samples,
    spoiled,
    with_json,
)
from tests.e2e.bad_input.world import World

CANNOT_BE_READ: Final = "json_invalid"
FORM: Final = "application/x-www-form-urlencoded"
NOT_JSON: Final = (
    b"{'a': 1}",
    b'{"a": 1,}',
    b"nonsense",
    b'{"a": 1} {',
    b"{a: 1}",
    b"\xef\xbb\xbf",
)
NUL: Final = b'"a long enough text \\u0000"'
BOMB: Final = gzip.compress(b" " * 20_000_000)


@row("1", "malformed JSON answers 400")
def malformed(world: World) -> Cases:
    for operation in with_json(world):
        cut = right(world, operation)[:-1] or b"{"
        yield case(world, operation, "cut off", 400, content=cut, code=CANNOT_BE_READ)
    for operation in samples(with_json(world)):
        for content in NOT_JSON:
            what = content.decode(errors="replace")
            yield case(world, operation, what, 400, content=content, code=CANNOT_BE_READ)


@row("2", "an empty body, an array, null or a word instead of an object answers 422")
def no_object(world: World) -> Cases:
    for operation in with_json(world):
        wrong = [b"[]", b'"text"', b"5"] + ([b"", b"null"] if operation.body_required else [])
        for content in wrong:
            what = content.decode() or "nothing"
            yield case(world, operation, what, 422, content=content, fault="")


@row("3", "JSON under another or no media type, or in another charset, answers 415")
def other_media(world: World) -> Cases:
    for operation in with_json(world):
        body = refused_at_last(world, operation)
        utf16 = body.decode().encode("utf-16")
        wrong = [
            ("text/plain", body),
            ("", body),
            ("application/xml", body),
            ("application/json; charset=utf-16", utf16),
            ("application/json; charset=utf-16", body),
            ("application/json; charset=latin-1", body),
        ]
        if FORM not in operation.media:
            wrong.append((FORM, b"name=a"))
        for media, content in wrong:
            headers = (("Content-Type", media),) if media else ()
            yield case(world, operation, media or "no type", 415, content=content, headers=headers)


@row("4", "bytes that are not UTF-8 answer 400")
def not_utf8(world: World) -> Cases:
    yield from in_each(
        world, first_of_each(places(world, "text")), [b'"a\xffb"'], status=400, code=CANNOT_BE_READ
    )
    for operation in with_json(world):
        content = b'{"\xff": 1}'
        yield case(world, operation, "in a name", 400, content=content, code=CANNOT_BE_READ)


@row("5", "NUL in a text, in free-form data, in a path or a query answers 422")
def nul(world: World) -> Cases:
    kinds = ("text", "uuid", "date", "enum", "decimal", "currency")
    found = (one for one in places(world, *kinds) if not is_proof(*one))
    yield from in_each(world, found, [NUL])
    for operation, place in free_form(world):
        for raw in (b'{"a": %s}' % NUL, b'{%s: "a"}' % NUL, b'{"a": [{"b": %s}]}' % NUL):
            content = spoiled(world, operation, place, raw)
            yield case(
                world, operation, f"{place.pointer} = {raw.decode()}", 422, content=content,
                fault=place.pointer,
            )  # fmt: skip
    for operation in world.document.operations:
        if operation.within("path"):
            path = operation.path.format_map(world.ids) + "%00"
            yield case(world, operation, "path%00", 422, path=path)
    yield from in_query(world, parameters(world, "text"), ["%00", "a%00b"])


@row("6", "half a surrogate pair answers 400")
def lone_surrogate(world: World) -> Cases:
    raw = [b'"\\ud800"', b'"\\udc00\\ud800"']
    yield from in_each(
        world, first_of_each(places(world, "text")), raw, status=400, code=CANNOT_BE_READ
    )
    for operation in with_json(world):
        content = b'{"\\ud800": 1}'
        yield case(world, operation, "in a name", 400, content=content, code=CANNOT_BE_READ)


@row("7", "nesting of 2,000 and of 200,000 levels answers 400 within 50 ms", seconds=0.05)
def too_deep(world: World) -> Cases:
    for operation in with_json(world):
        for levels in (2_000, 200_000) if operation in samples(with_json(world)) else (2_000,):
            for content in (b"[" * levels, b'{"a":' * min(levels, 150_000)):
                what = f"{levels} x {content[:5].decode()}"
                yield case(world, operation, what, 400, content=content, code=CANNOT_BE_READ)
        closed = b"[" * 2_000 + b"]" * 2_000
        yield case(world, operation, "2,000 closed", 400, content=closed, code=CANNOT_BE_READ)


@row("9", "a compressed body answers 415, or 413 for a bomb")
def compressed(world: World) -> Cases:
    for operation in with_json(world):
        body = refused_at_last(world, operation)
        wrong = [("gzip", gzip.compress(body)), ("deflate", zlib.compress(body)), ("br", body)]
        wrong += [("gzip", body), ("gzip", BOMB)] if operation in samples(with_json(world)) else []
        for coding, content in wrong:
            headers = (AS_JSON, ("Content-Encoding", coding))
            yield case(
                world, operation, f"{coding}, {len(content)} bytes", (413, 415),
                content=content, headers=headers,
            )  # fmt: skip


@row("10", "a name that occurs twice in one object answers 400")
def twice(world: World) -> Cases:
    for operation in with_json(world):
        for place in world.document.body_fields(operation):
            once = spoiled(world, operation, place, b"1")
            if len(place.steps) == 1:
                name = orjson.dumps(place.steps[0])
                content = once[:-1] + b"," + name + b":1}"
            elif isinstance(place.steps[-1], str) and 0 not in place.steps:
                name = orjson.dumps(place.steps[-1])
                content = once.replace(name + b":1", name + b":1," + name + b":1", 1)
            else:
                continue
            what = f"{place.pointer} twice"
            yield case(world, operation, what, 400, content=content, code=CANNOT_BE_READ)


@row("11", "a field or parameter nobody described answers 422")
def undescribed(world: World) -> Cases:
    for operation in with_json(world):
        for name in ("is_admin", "owner_id", "__proto__", "id"):
            whole = orjson.loads(right(world, operation))
            described = {place.steps[0] for place in world.document.body_fields(operation)}
            if name not in described:
                content = orjson.dumps({**whole, name: True})
                yield case(world, operation, name, 422, content=content, fault=f"/{name}")
        for place in world.document.body_fields(operation):
            if place.schema.get("additionalProperties") is False:
                inner = orjson.dumps({**right_object(world, place), "is_admin": True})
                content = spoiled(world, operation, place, inner)
                fault = f"{place.pointer}/is_admin"
                yield case(world, operation, fault, 422, content=content, fault=fault)
    turns = in_turn(("is_admin", "offset", "_method", "cf.none"), 2)
    for operation in world.document.operations:
        for name in next(turns):
            yield case(
                world, operation, f"?{name}=1", 422, query=f"{name}=1", fault=f"query/{name}",
            )  # fmt: skip


@row("12", "NaN, Infinity and 1e400 as a number answer 400")
def no_numbers(world: World) -> Cases:
    raw = [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400"]
    yield from in_each(
        world, places(world, "whole", "decimal"), raw, status=400, code=CANNOT_BE_READ
    )


@row("13", "NaN within free-form data answers 400")
def no_numbers_within(world: World) -> Cases:
    raw = [b'{"a": NaN}', b'{"a": [1e400]}', b'{"a": {"b": -Infinity}}']
    yield from in_each(world, free_form(world), raw, status=400, code=CANNOT_BE_READ)
