"""The rows of the list of bad input: each makes its cases from the API's own description."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Final, TypeVar
from urllib.parse import quote

import orjson
from tests.e2e.bad_input import valid
from tests.e2e.bad_input.case import Case
from tests.e2e.bad_input.document import JSON, Operation, Place
from tests.e2e.bad_input.world import World

AS_JSON: Final = ("Content-Type", JSON)
AS_CSV: Final = ("Content-Type", "text/csv")
DEALS: Final = b"name\nImported\n"
RATES: Final = b"Date,USD,\n2026-01-06,1.1,\n"
SPOT: Final = "@spot@"

Cases = Iterator[Case]
T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """A row: its number, what must hold, its cases, and how long one answer may take."""

    number: str
    title: str
    cases: Callable[[World], Cases]
    seconds: float | None = None

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


ROWS: Final[list[Row]] = []


def row(
    number: str, title: str, *, seconds: float | None = None
) -> Callable[[Callable[[World], Cases]], Callable[[World], Cases]]:
    """Add a row to the list."""

    def add(cases: Callable[[World], Cases]) -> Callable[[World], Cases]:
        ROWS.append(Row(number, title, cases, seconds))
        return cases

    return add


def case(
    world: World,
    operation: Operation,
    what: str,
    status: int | Iterable[int],
    *,
    content: bytes | None = None,
    query: str = "",
    path: str | None = None,
    **rest: Any,
) -> Case:
    """Make a case of an operation, with the right body, as JSON, unless another one is given."""
    made = path or operation.path.format_map(world.ids)
    if content is None and operation.media:
        content = right(world, operation) if operation.takes_json else right_file(operation)
    if content is not None:
        rest.setdefault("headers", (AS_JSON if operation.takes_json else AS_CSV,))
    rest.setdefault("actor", "nobody" if operation.public else "admin")
    return Case(
        str(operation),
        what,
        operation.method,
        f"{made}?{query}" if query else made,
        frozenset({status} if isinstance(status, int) else status),
        content=content,
        **rest,
    )


def with_json(world: World) -> Iterator[Operation]:
    """Answer every call that takes JSON."""
    return (one for one in world.document.operations if one.takes_json)


def samples(operations: Iterable[Operation]) -> list[Operation]:
    """Answer one call for each service and method, for what is the same code in all."""
    return list({(one.service, one.method): one for one in operations}.values())


def right(world: World, operation: Operation) -> bytes:
    """Make a body with nothing wrong in it."""
    return orjson.dumps(valid.body(world.document, operation, world.ids))


def refused_at_last(world: World, operation: Operation) -> bytes:
    """Make a body that may come through the check in question, but not any further."""
    return orjson.dumps({**orjson.loads(right(world, operation)), "is_admin": True})


def right_file(operation: Operation) -> bytes:
    """Make a file with nothing wrong in it."""
    return RATES if "/rates/" in operation.path else DEALS


def spoiled(world: World, operation: Operation, place: Place, raw: bytes) -> bytes:
    """Make a body with raw JSON, good or bad, in one place."""
    body = valid.with_field(world.document, operation, world.ids, place, SPOT)
    return orjson.dumps(body).replace(b'"%s"' % SPOT.encode(), raw)


def places(world: World, *kinds: str) -> Iterator[tuple[Operation, Place]]:
    """Answer every body field of these kinds."""
    for operation in with_json(world):
        for place in world.document.body_fields(operation):
            if place.kind in kinds:
                yield operation, place


def is_proof(operation: Operation, place: Place) -> bool:
    """Answer whether a field proves who calls: a wrong one gets 401 (GAT-022, GAT-029)."""
    return operation.public and place.name in ("password", "token", "refresh_token")


def texts(world: World) -> Iterator[tuple[Operation, Place]]:
    """Answer every field that people write and read: passwords and tokens are not among them."""
    for operation, place in places(world, "text"):
        if place.schema.get("format") != "password" and not is_proof(operation, place):
            yield operation, place


def first_of_each(found: Iterable[tuple[Operation, Place]]) -> Iterator[tuple[Operation, Place]]:
    """Answer the first place of each operation."""
    seen = set()
    for operation, place in found:
        if str(operation) not in seen:
            seen.add(str(operation))
            yield operation, place


def in_each(
    world: World,
    found: Iterable[tuple[Operation, Place]],
    wrong: Iterable[Any],
    *,
    status: int = 422,
    code: str | None = None,
    at_most: int | None = None,
) -> Cases:
    """Put each wrong value, JSON or raw bytes, in each place; a 422 has to name the place.

    With `at_most`, each place gets only so many of the values, in turn.
    """
    turns = in_turn(wrong, at_most)
    for operation, place in found:
        for value in next(turns):
            raw = value if isinstance(value, bytes) else orjson.dumps(value)
            yield case(
                world,
                operation,
                f"{place.pointer} = {raw[:40].decode(errors='replace')}",
                status,
                content=spoiled(world, operation, place, raw),
                fault=place.pointer if status == 422 else None,
                code=code,
            )


def in_turn(wrong: Iterable[T], at_most: int | None) -> Iterator[list[T]]:
    """Answer for ever all values, or so many of them, the next time the next ones."""
    values = list(wrong)
    turns = cycle(values)
    while True:
        yield list(islice(turns, at_most)) if at_most else values


def in_query(
    world: World,
    found: Iterable[tuple[Operation, Place]],
    wrong: Iterable[str],
    *,
    status: int | Iterable[int] = 422,
    at_most: int | None = None,
) -> Cases:
    """Put each wrong text, or so many of them in turn, in each query parameter."""
    turns = in_turn(wrong, at_most)
    for operation, place in found:
        for text in next(turns):
            yield case(
                world,
                operation,
                f"?{place.name}={text[:40]}",
                status,
                query=f"{place.name}={text if '%' in text else quote(text)}",
                fault=f"query/{place.name}" if status == 422 else None,
            )


def parameters(world: World, *kinds: str) -> Iterator[tuple[Operation, Place]]:
    """Answer every query parameter of these kinds."""
    for operation in world.document.operations:
        for place in operation.within("query"):
            if place.kind in kinds:
                yield operation, place


def named(world: World, name: str) -> Iterator[tuple[Operation, Place]]:
    """Answer every query parameter of this name."""
    for operation in world.document.operations:
        place = operation.query(name)
        if place:
            yield operation, place


def free_form(world: World) -> Iterator[tuple[Operation, Place]]:
    """Answer every field that takes any JSON object."""
    for operation in with_json(world):
        for place in world.document.body_fields(operation):
            if place.schema.get("additionalProperties") is True:
                yield operation, place


def right_object(world: World, place: Place) -> dict[str, Any]:
    """Make the right value of a field that is an object."""
    made = valid.value(world.document, place, world.ids)
    assert isinstance(made, dict)
    return made
