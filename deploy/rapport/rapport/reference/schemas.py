"""JSON Schema of each event's data (EVT-006), and an example of it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from contracts.event import Event
from kernel.money import Money
from rapport.reference.rendering import FOLDER, Files, as_json
from rapport.reference.suite import Suite

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ID: Final = "0198a5b2-7c3d-7e4f-8a1b-2c3d4e5f6071"
MOMENT: Final = "2026-01-31T09:30:00Z"
LEAVES: Final[Mapping[Any, Any]] = {
    UUID: ID,
    str: "text",
    int: 1,
    bool: True,
    date: "2026-01-31",
    AwareDatetime: MOMENT,
    Decimal: "12.5",
    Money: {"amount": "12.50", "currency": "EUR"},
    Any: "anything",
}
"""Example values by type."""

Schema = Mapping[str, Any]


def schema_files(suite: Suite) -> Files:
    """Answer one schema per event type, named as `dataschema` names it."""
    return {
        f"{FOLDER}/schemas/{event.type()}.json": as_json(schema_of(event)) for event in suite.events
    }


def schema_of(event: type[Event]) -> dict[str, Any]:
    """Describe the data of an event as it is written; readers accept fields they do not know."""
    schema = event.model_json_schema(mode="serialization")
    return {"$schema": DIALECT, "$id": f"/schemas/{event.type()}.json", **schema}


def example_of(event: type[Event]) -> dict[str, Any]:
    """Make the data of an event with every field, as it is written."""
    return event.model_validate(_fields(event)).model_dump(mode="json")


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    fields = model.model_fields.items()
    return {field.alias or name: _example(field.annotation) for name, field in fields}


def _example(annotation: Any) -> Any:
    if annotation in LEAVES:
        return LEAVES[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _fields(annotation)
    kind, parts = get_origin(annotation), get_args(annotation)
    if kind is dict:
        return {"field": _example(parts[1])}
    if kind is tuple:
        return [_example(part) for part in parts if part is not Ellipsis]
    return _example(parts[0])  # of an optional or annotated type
