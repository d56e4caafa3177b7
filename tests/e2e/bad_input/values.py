"""Rows 14 to 27: values that no field of their kind can have."""

from itertools import chain
from typing import Final

import orjson
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
    spoiled,
    texts,
    with_json,
)
from tests.e2e.bad_input.world import World

HUGE: Final = 10**20
MARKS: Final = "a" + "\u0301\u0323" * 50_000
NOT_A_DECIMAL: Final = [
    "NaN", "sNaN", "Infinity", "-Infinity", "1e5", "0x10", "1,5", "1_000", "", " ", "\u0661",
    b"true", b"1.5", b"{}", b"[]",
]  # fmt: skip
NOT_WHOLE: Final = [b"true", b"1.0", b"1e0", "5", "", b"[]", b"{}"]
FLAG_LIKE: Final = [b"1", b"0", "true", "yes", b"1.0", ""]
NO_DAY: Final = [
    "2026-02-30", "2026-13-01", "0000-01-01", "10000-01-01", "2026-1-1", "20260131", "2026-W05-1",
    "2026-01-31T00:00:00Z", "2026-01-31T10:00:00", " 2026-01-31", "31.01.2026", "now", "",
]  # fmt: skip
NO_INSTANT: Final = [
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z",
    "2026-01-31T25:00:00Z", "2026-01-31T23:59:60Z", "2026-01-31", "now", "",
]  # fmt: skip
INKLESS: Final = ["", " ", "\u00a0\u2003", "\u200b", "\u2060\ufeff", "\u3164", "\t\n"]
DECEPTIVE: Final = ["a\u202eb", "a\u2066b", "a\u2069b", "a\u0007b", "a\u001bb", "a\u0080b\u0000"]


@row("14", "NaN, Infinity and whatever is no plain decimal answer 422")
def no_decimal(world: World) -> Cases:
    yield from in_each(world, places(world, "decimal"), NOT_A_DECIMAL)


@row("15", "an amount of 1e20 or 1e1000000 answers 422 within 10 ms", seconds=0.01)
def too_much(world: World) -> Cases:
    wrong = [b"1e20", "1e1000000", str(HUGE), b"%d" % HUGE, "9" * 40, b"-%d" % HUGE, "9" * 5000]
    yield from in_each(world, places(world, "decimal"), wrong)


@row("16", "a negative amount answers 422")
def negative(world: World) -> Cases:
    """No amount of the suite may be negative (DEA-020, INT-081; payments: see DEA, left out)."""
    for operation, place in places(world, "decimal"):
        money = place.steps[-1] == "amount"
        fault = "/" + "/".join(map(str, place.steps[:-1])) if money else place.pointer
        for raw in (b'"-1"', b"-1", b'"-0.01"', b'"-999999999999"'):
            content = spoiled(world, operation, place, raw)
            what = f"{place.pointer} = {raw.decode()}"
            yield case(world, operation, what, 422, content=content, fault=fault)


@row("17", "more decimals than the currency or the field has answer 422")
def too_fine(world: World) -> Cases:
    for operation, place in places(world, "decimal"):
        most = int(place.schema["pattern"].rpartition("{1,")[2].partition("}")[0])
        yield from in_each(world, [(operation, place)], [f"1.{'0' * most}1"])
    for operation in with_json(world):
        fields = world.document.body_fields(operation)
        for place in fields:
            if place.schema.get("properties", {}).keys() == {"amount", "currency"}:
                unit_price = "{1,6}" in place.schema["properties"]["amount"].get("pattern", "")
                for amount, currency in () if unit_price else (("1.005", "EUR"), ("1.5", "JPY")):
                    raw = orjson.dumps({"amount": amount, "currency": currency})
                    content = spoiled(world, operation, place, raw)
                    what = f"{place.pointer} = {amount} {currency}"
                    fault = f"{place.pointer}/amount"
                    yield case(world, operation, what, 422, content=content, fault=fault)
        if {"credit_limit", "currency"} <= {place.steps[-1] for place in fields}:
            for amount, currency in (("1.005", "EUR"), ("1.5", "JPY")):
                whole = orjson.loads(right(world, operation))
                whole |= {"credit_limit": amount, "currency": currency}
                yield case(
                    world, operation, f"{amount} {currency}", 422, content=orjson.dumps(whole),
                    fault="/credit_limit",
                )  # fmt: skip


@row("18", "what is no currency answers 422")
def no_currency(world: World) -> Cases:
    wrong = [
        "EURO",
        "XXX",
        "BTC",
        "E",
        "",
        "EU\u0420",
        "\uff25\uff35\uff32",
        "EUR\n",
        b"978",
        "XTS",
    ]
    yield from in_each(world, places(world, "currency"), wrong)
    text = [one for one in wrong if isinstance(one, str)]
    yield from in_query(world, query_currencies(world), text)
    for operation in world.document.operations:
        for place in operation.within("path"):
            if place.name == "code":
                for code in ("EURO", "BTC", "E", "XXX"):
                    path = operation.path.format_map({**world.ids, "code": code})
                    yield case(
                        world, operation, code, (404, 422), path=path,
                    )  # fmt: skip


@row("19", "an integer beyond its limits answers 422, in a path 404 or 422, of 5,000 digits 400")
def too_large(world: World) -> Cases:
    wrong = [b"%d" % number for number in (2**31, 2**63, HUGE, -(2**31) - 1, -(2**63) - 1)]
    yield from in_each(world, places(world, "whole"), wrong)
    yield from in_each(world, places(world, "whole"), [b"9" * 5_000], status=400)
    digits = [str(2**31), str(2**63), str(HUGE), "9" * 5_000]
    yield from in_query(world, parameters(world, "whole"), digits, at_most=2)
    turns = in_turn(digits, 1)
    for operation in world.document.operations:
        for place in operation.within("path"):
            for number in next(turns) if place.kind == "uuid" else ():
                path = operation.path.format_map({**world.ids, place.name: number})
                yield case(
                    world, operation, f"{place.name} = {number[:20]}", (404, 422), path=path,
                )  # fmt: skip


@row("20", "a value of another type answers 422, though it looks alike")
def other_type(world: World) -> Cases:
    yield from in_each(world, places(world, "whole"), NOT_WHOLE)
    yield from in_each(world, places(world, "flag"), FLAG_LIKE, at_most=2)
    kinds = ("text", "enum", "uuid")
    yield from in_each(world, places(world, *kinds), [b"5", b"true", b"{}", b"[]"], at_most=1)
    yield from in_each(world, places(world, "enum"), ["none of these", "OPEN", ""])
    yield from in_query(world, parameters(world, "whole"), ["true", "", "1e0", "1.5"], at_most=2)
    yield from in_query(world, parameters(world, "flag"), ["2", "maybe", "tru"], at_most=1)
    yield from in_query(world, parameters(world, "enum"), ["none", "OPEN", "%27"], at_most=1)


@row("21", "a time without zone answers 422, and so does one where a day is asked for")
def no_zone(world: World) -> Cases:
    wrong = ["2026-01-31T10:00:00", "2026-01-31 10:00:00"]
    yield from in_each(world, places(world, "date-time", "date"), wrong)
    yield from in_query(world, parameters(world, "date-time", "date"), wrong, at_most=1)


@row("22", "a number as a day or time answers 422")
def epoch(world: World) -> Cases:
    wrong = [b"1700000000", b"1700000000000", b"0", b"20000", b"1.5", b"true"]
    yield from in_each(world, places(world, "date", "date-time"), [*wrong, "1700000000", "0"])
    text = ["1700000000", "0", "1.5"]
    yield from in_query(world, parameters(world, "date", "date-time"), text, at_most=1)


@row("23", "a day or time that does not exist answers 422")
def no_day(world: World) -> Cases:
    yield from in_each(world, places(world, "date"), NO_DAY, at_most=6)
    yield from in_each(world, places(world, "date-time"), NO_INSTANT)
    days = [day for day in NO_DAY if isinstance(day, str)]
    yield from in_query(world, parameters(world, "date"), days, at_most=3)
    yield from in_query(world, parameters(world, "date-time"), NO_INSTANT)
    for operation in world.document.operations:
        if operation.query("from") and operation.query("to"):
            for span in ("from=0001-01-01&to=9999-12-31", "from=2026-12-31&to=2026-01-01"):
                # whether a span is sensible is for each report to say; it answers in any case
                yield case(world, operation, span, (200, 422), query=span, answers="anything")


@row("25", "an empty, blank or zero-width text answers 422 where something has to be written")
def no_ink(world: World) -> Cases:
    needed = [
        (operation, place)
        for operation, place in texts(world)
        if place.schema.get("minLength") and not may_be_blank(operation, place)
    ]
    yield from in_each(world, needed, INKLESS, at_most=2)


@row("26", "characters that turn or control writing answer 422")
def deceptive(world: World) -> Cases:
    yield from in_each(world, texts(world), DECEPTIVE, at_most=2)


@row("27", "100,000 combining marks answer 422 before they are put in order", seconds=0.25)
def piled_marks(world: World) -> Cases:
    longest: dict[str, tuple[Operation, Place]] = {}
    for operation, place in texts(world):
        known = longest.get(str(operation))
        if known is None or most(place) > most(known[1]):
            longest[str(operation)] = (operation, place)
    yield from in_each(world, longest.values(), [MARKS])


def most(place: Place) -> int:
    """Answer how many characters a field takes."""
    return int(place.schema.get("maxLength", 0))


def may_be_blank(operation: Operation, place: Place) -> bool:
    """Browsers send every field of a form: INT-014 takes a blank one for one not filled in."""
    return operation.is_form and place.nullable


def query_currencies(world: World) -> list[tuple[Operation, Place]]:
    """Answer every parameter that names a currency, alone or beside other words."""
    found = chain.from_iterable(
        ((operation, place) for place in operation.within("query"))
        for operation in world.document.operations
    )
    return [(operation, place) for operation, place in found if place.name == "currency"]
