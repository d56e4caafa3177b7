"""Rows 31 to 33 and 37: parameters of lists and searches, and addresses that lead nowhere."""

import base64
from itertools import product
from typing import Final
from urllib.parse import quote

from tests.e2e.bad_input.case import Case
from tests.e2e.bad_input.document import METHODS
from tests.e2e.bad_input.rows import Cases, case, in_query, named, row, samples
from tests.e2e.bad_input.world import World

FORGED: Final = (
    base64.urlsafe_b64encode(b"x" * 16 + b'["str","a","UUID",null]').decode().rstrip("=")
)
CURSORS: Final = ("forged", "%", FORGED, "01990000-0000-7000-8000-000000000000")
INJECTED: Final = (
    "(select 1)", "name;drop table deal", "name,id", "-", "--name", "name desc", "id'", "password",
    "__class__", "*", "name.asc",
)  # fmt: skip


@row("31", "a limit, offset or cursor that cannot be answers 422 or, forged, 400")
def paging(world: World) -> Cases:
    limits = ["-1", "0", "201", str(10**9), str(2**63), str(10**20)]
    yield from in_query(world, named(world, "limit"), limits, at_most=3)
    yield from in_query(world, named(world, "count"), ["2", "maybe", "-1"])
    for operation, place in named(world, "cursor"):
        for cursor in CURSORS:
            what = f"cursor={cursor[:20]}"
            query = f"cursor={cursor.replace('%', '%25')}"
            yield case(world, operation, what, 400, query=query, code="cursor_invalid")
        too_long = "a" * (int(place.schema.get("maxLength", 2_000)) + 1)
        yield case(world, operation, "too long a cursor", (400, 422), query=f"cursor={too_long}")
    for operation, _ in named(world, "cursor"):
        query = f"offset={2**63}"
        yield case(world, operation, query, 422, query=query, fault="query/offset")
    for operation, cursor in world.cursors:
        query = f"limit=1&cursor={quote(cursor)}"
        yield case(world, operation, "another user's", 400, query=query, actor="other")
        for other, _ in named(world, "cursor"):
            if other is not operation and other.service == operation.service:
                what = f"cursor of {operation}"
                yield case(world, other, what, 400, query=f"cursor={quote(cursor)}")


@row("32", "a search of 201 characters answers 422, of no UTF-8 400")
def search(world: World) -> Cases:
    for name in ("q", "ticket", "category", "city", "country"):
        yield from in_query(world, named(world, name), ["a" * 201])
        for broken in ("%ED%A0%80", "%ff", "a%c3"):
            yield from in_query(world, named(world, name), [broken], status=400)
        much = ["a" * 60_000]
        yield from in_query(world, named(world, name), much, status=(400, 414, 422, 431))


@row("33", "sorting by what nobody offered, or by much, answers 422, and so do many filters")
def sorting(world: World) -> Cases:
    yield from in_query(world, named(world, "sort"), INJECTED, at_most=4)
    for operation, place in named(world, "sort"):
        keys = ",".join(["name"] * 100)
        yield case(world, operation, "100 keys", 422, query=f"sort={keys}", fault="query/sort")
        known = place.schema.get("default") or "created_at"
        many = "&".join([f"sort={known}"] * 100)
        yield case(world, operation, "sort 100 times", 422, query=many, fault="query/sort")
    for operation in world.document.operations:
        if operation.method == "GET":
            many = "&".join(f"f{number}=1" for number in range(500))
            yield case(world, operation, "500 filters", 422, query=many)
            for place in operation.within("query")[:1]:
                often = "&".join([f"{place.name}=1"] * 500)
                what = f"{place.name} 500 times"
                yield case(world, operation, what, 422, query=often, fault=f"query/{place.name}")


@row("37", "an unknown method answers 405, an address that winds 404, and nothing is rerouted")
def routing(world: World) -> Cases:
    described = {(one.method, one.path) for one in world.document.operations}
    paths = {one.path: one for one in world.document.operations}
    for path, operation in paths.items():
        made = path.format_map(world.ids)
        public = {"GET", "HEAD", "OPTIONS"} if operation.is_form else set()
        methods = {method.upper() for method in METHODS} | {"TRACE", "PROPFIND"}
        for method in sorted(methods - public):
            if (method, path) not in described and not _is_twin(method, path, described):
                yield Case(
                    f"{method} {path.removeprefix('/api/v1/')}", "no such method", method, made,
                    frozenset({405}), code="method_not_allowed",
                )  # fmt: skip
    for operation in samples(world.document.operations):
        made = operation.path.format_map(world.ids)
        head, _, tail = made.rpartition("/")
        start = f"/api/v1/{operation.service}"
        winding = [
            f"{head}//{tail}", f"{made}/", f"{made};a=1", f"{head}/%2e%2e/{tail}/x",
            f"{start}/%2e%2e/internal/event-log", f"/{made}/",
            f"{start}%2f..%2finternal/event-log", f"{start}/..%5cinternal", f"{made}%20",
            f"/api/v1/{operation.service.upper()}{made.removeprefix(start)}", f"/v1{made[7:]}",
            f"{start}/internal/event-log", f"{made}.json",
        ]  # fmt: skip
        for path in winding:
            # an odd end of an id is an id that is none
            status = (401, 404, 405, 422) if operation.public else (404, 405, 422)
            yield case(world, operation, path, status, path=path)
    overrides = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
    readable = [one for one in samples(world.document.operations) if one.method == "PATCH"]
    for operation, name in product(readable, overrides):
        path = operation.path.format_map(world.ids)
        yield Case(
            f"POST {path}", f"{name}: DELETE", "POST", path, frozenset({405}),
            headers=((name, "DELETE"),),
        )  # fmt: skip
    for path in ("//admin", "/%2e%2e/", "/..", "/admin", "/.env", "/api", "/api/v1/none/x", "/;"):
        yield Case("", path, "GET", path, frozenset({404}), actor="nobody")


def _is_twin(method: str, path: str, described: set[tuple[str, str]]) -> bool:
    """Answer whether another template of the same shape takes the method (`picker`, `{id}`)."""
    head, _, tail = path.rpartition("/")
    if tail.startswith("{"):
        return False
    return any(
        one == method and other.rpartition("/")[0] == head and other.endswith("}")
        for one, other in described
    )
