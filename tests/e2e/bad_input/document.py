"""The merged OpenAPI document, read as places where something wrong could be put."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Schema = Mapping[str, Any]
Kind = Literal["text", "uuid", "date", "date-time", "decimal", "currency", "whole", "flag", "enum"]

JSON: Final = "application/json"
METHODS: Final = ("get", "post", "put", "patch", "delete")
WRITING: Final = frozenset({"POST", "PUT", "PATCH"})
DECIMAL_PATTERN: Final = "([.][0-9]"
CURRENCY_PATTERN: Final = "^[A-Z]{3}$"


@dataclass(frozen=True)
class Place:
    """A field of a body or a parameter: where it is, and what the schema says of it.

    `steps` lead to it from the body's root; an index means the only item of an array.
    """

    steps: tuple[str | int, ...]
    schema: Schema
    nullable: bool
    choices: tuple[Schema, ...]

    @property
    def name(self) -> str:
        """Answer the last name on the way."""
        return next(str(step) for step in reversed(self.steps) if isinstance(step, str))

    @property
    def pointer(self) -> str:
        """Answer the JSON pointer (RFC 6901)."""
        return "".join(f"/{step}" for step in self.steps)

    @property
    def kind(self) -> Kind | None:
        """Answer what stands there; none for an object or an array."""
        return kind_of(self.schema)


@dataclass(frozen=True)
class Operation:
    """One call of the API."""

    method: str
    path: str
    public: bool
    parameters: tuple[tuple[str, Place], ...]
    body: Schema | None
    body_required: bool
    media: tuple[str, ...]
    answers: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path.removeprefix('/api/v1/')}"

    @property
    def service(self) -> str:
        """Answer whose call this is."""
        return self.path.split("/")[3]

    @property
    def takes_json(self) -> bool:
        """Answer whether it has a JSON body."""
        return JSON in self.media

    @property
    def is_for_deleted(self) -> bool:
        """Answer whether this is done to deleted records."""
        return self.path.endswith(("/restore", "/purge"))

    @property
    def is_form(self) -> bool:
        """Answer whether visitors without login send this."""
        return "/public/forms/" in self.path

    def within(self, where: str) -> list[Place]:
        """Answer the parameters in the path, query or header."""
        return [place for location, place in self.parameters if location == where]

    def query(self, name: str) -> Place | None:
        """Answer the query parameter of this name."""
        return next((place for place in self.within("query") if place.name == name), None)


class Document:
    """The API as it describes itself."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.operations = [
            self._operation(method, path, operation)
            for path, item in raw["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        ]

    def resolve(self, schema: Schema) -> Schema:
        """Follow references and merge what all of several schemas say."""
        while "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**self.raw["components"]["schemas"][name], **rest}
        for part in schema.get("allOf", ()):
            schema = {**self.resolve(part), **schema}
        return schema

    def place(self, steps: tuple[str | int, ...], schema: Schema) -> Place:
        """Read one field; of several shapes the one that is not null is meant."""
        schema = self.resolve(schema)
        shapes = [self.resolve(one) for one in schema.get("anyOf") or schema.get("oneOf") or ()]
        real = [one for one in shapes if one.get("type") != "null"]
        meant = {**schema, **real[0]} if real else schema
        return Place(steps, meant, len(real) < len(shapes), tuple(real) or (schema,))

    def fields(self, schema: Schema, steps: tuple[str | int, ...] = ()) -> Iterator[Place]:
        """Walk every field below, objects and arrays before what is in them."""
        place = self.place(steps, schema)
        if steps:
            yield place
        for name, part in place.schema.get("properties", {}).items():
            yield from self.fields(part, (*steps, name))
        if place.schema.get("type") == "array":
            yield from self.fields(place.schema["items"], (*steps, 0))

    def body_fields(self, operation: Operation) -> list[Place]:
        """Answer every field of an operation's JSON body."""
        return list(self.fields(operation.body)) if operation.body is not None else []

    def _operation(self, method: str, path: str, raw: Mapping[str, Any]) -> Operation:
        content = raw.get("requestBody", {}).get("content", {})
        return Operation(
            method=method.upper(),
            path=path,
            public=raw.get("security") == [],
            parameters=tuple(
                (one["in"], self.place((one["name"],), one["schema"]))
                for one in raw.get("parameters", ())
            ),
            body=content[JSON]["schema"] if JSON in content else None,
            body_required=raw.get("requestBody", {}).get("required", False),
            media=tuple(content),
            answers=raw["responses"],
        )


def kind_of(schema: Schema) -> Kind | None:
    """Tell what a schema means from its type, format and pattern."""
    match schema.get("type"), schema.get("format"):
        case "integer", _:
            return "whole"
        case "boolean", _:
            return "flag"
        case "string", "uuid" | "date" | "date-time" as kind:
            return kind  # type: ignore[no-any-return]
        case "string", _:
            return _kind_of_text(schema)
    return None


def _kind_of_text(schema: Schema) -> Kind:
    if "enum" in schema:
        return "enum"
    pattern = schema.get("pattern", "")
    if pattern == CURRENCY_PATTERN:
        return "currency"
    return "decimal" if DECIMAL_PATTERN in pattern else "text"
