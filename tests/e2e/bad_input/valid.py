"""Values and bodies that are right, so that what is spoiled in them is the only thing wrong."""

from collections.abc import Mapping
from itertools import count
from typing import Any, Final

from tests.e2e.bad_input.document import Document, Kind, Operation, Place

from kernel.ids import uuid7

Ids = Mapping[str, str]

BY_KIND: Final[Mapping[Kind, Any]] = {
    "flag": False,
    "date": "2026-03-31",
    "date-time": "2026-03-31T12:00:00Z",
    "decimal": "12",
    "currency": "EUR",
}

BY_NAME: Final[Mapping[str, str]] = {
    "country": "DE",
    "colour": "#4c6ef5",
    "language": "en",
    "time_zone": "Europe/Berlin",
    "host": "mail.example.com",
    "website": "https://example.com",
    "phone": "+49 30 1234567",
    "mobile": "+49 30 1234567",
    "office_phone": "+49 30 1234567",
    "contact_phone": "+49 30 1234567",
    "phones": "+49 30 1234567",
    "password": "a-good-long-password",
    "roles": "sales_manager",
}
"""Text whose form the schema does not tell."""

NEEDED: Final[Mapping[str, Mapping[str, Any]]] = {
    "intake/public/forms/{token}": {"email": "visitor@example.com"},
    "intake/leads/{lead_id}/convert": {"customer_name": "Ada", "company_option": "none"},
}
"""Fields without which a call is wrong for a reason of its own."""

_numbers = count(1)


def body(document: Document, operation: Operation, ids: Ids) -> dict[str, Any]:
    """Make the shortest right body of an operation."""
    assert operation.body is not None
    made = value(document, document.place((), operation.body), ids)
    assert isinstance(made, dict)
    return _complete(operation, made)


def with_field(
    document: Document, operation: Operation, ids: Ids, place: Place, wanted: object
) -> dict[str, Any]:
    """Make a right body but for one field."""
    assert operation.body is not None
    whole = _put(document, document.place((), operation.body), place.steps, wanted, ids)
    assert isinstance(whole, dict)
    return _complete(operation, whole)


def _complete(operation: Operation, made: dict[str, Any]) -> dict[str, Any]:
    """Add what a call needs though its schema cannot say so."""
    return {**NEEDED.get(operation.path.rpartition("/api/v1/")[2], {}), **made}


def _put(
    document: Document, around: Place, steps: tuple[str | int, ...], wanted: object, ids: Ids
) -> Any:
    if not steps:
        return wanted
    step, *rest = steps
    at = (*around.steps, step)
    if isinstance(step, int):
        inner = document.place(at, around.schema["items"])
        return [_put(document, inner, tuple(rest), wanted, ids)]
    inner = document.place(at, around.schema["properties"][step])
    made = value(document, around, ids)
    return {**made, step: _put(document, inner, tuple(rest), wanted, ids)}


def value(document: Document, place: Place, ids: Ids) -> Any:
    """Make one right value."""
    schema = place.schema
    if schema.get("type") == "object":
        needed = schema.get("required", ())
        return {
            name: value(document, document.place((*place.steps, name), part), ids)
            for name, part in schema.get("properties", {}).items()
            if name in needed
        }
    if schema.get("type") == "array":
        return [value(document, document.place((*place.steps, 0), schema["items"]), ids)]
    return _plain(place, ids)


def _plain(place: Place, ids: Ids) -> Any:
    match place.kind:
        case "uuid":
            return _id(place, ids)
        case "whole":
            return int(place.schema.get("minimum", 1))
        case "enum":
            return place.schema["enum"][0]
        case "text" | None:
            return _text(place)
    return BY_KIND[place.kind]


def _id(place: Place, ids: Ids) -> str:
    name = place.name
    named = {"ids": "stage_id", "id": "deal_id", "product_ids": "product_id"}.get(name, name)
    return ids.get(named) or str(uuid7())


def _text(place: Place) -> str:
    name = "password" if place.schema.get("format") == "password" else place.name
    if name in BY_NAME:
        return BY_NAME[name]
    number = next(_numbers)
    if place.schema.get("format") == "email":
        return f"somebody{number}@firm{number}.example"
    return f"Right {number}"
