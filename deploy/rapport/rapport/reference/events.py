"""The event matrix for people: what is said, by whom, and who hears it."""

from typing import Final

from contracts.event import Event
from contracts.vocabulary import PERSONAL
from rapport.reference.rendering import FOLDER, Files, page, table
from rapport.reference.schemas import Schema
from rapport.reference.suite import Suite

INTRODUCTION: Final = """\
The type of an event is `crm.<topic>.v<version>`; its topic is the routing key. *Said*: whether a
service of this release says it; the others are agreed on and still silent. *Heard by*: the queues,
`<service>.<purpose>`. In the data, `?` marks what may be absent or null, and \\* what tells who a
person is. The schemas are in [schemas](schemas), the whole as AsyncAPI in
[asyncapi.json](asyncapi.json)."""

WORDS: Final = {
    "uuid": "id",
    "date": "date",
    "date-time": "instant",
    "string": "text",
    "integer": "integer",
    "boolean": "yes/no",
    "object": "map",
}


def event_files(suite: Suite) -> Files:
    """Answer the page of all events."""
    parts = [INTRODUCTION]
    for producer in sorted({event.topic.partition(".")[0] for event in suite.events}):
        rows = [_row(e, suite) for e in suite.events if e.topic.startswith(f"{producer}.")]
        parts += [f"## {producer}", table(("Event", "Meaning", "Said", "Heard by", "Data"), rows)]
    return {f"{FOLDER}/events.md": page("Events", *parts)}


def _row(event: type[Event], suite: Suite) -> tuple[str, ...]:
    return (
        f"[{event.topic}](schemas/{event.type()}.json)",
        (event.__doc__ or "").partition("\n\n")[0],
        "yes" if event in suite.said else "not yet",
        ", ".join(suite.hearers(event)),
        _fields(event),
    )


def _fields(event: type[Event]) -> str:
    schema = event.model_json_schema(mode="serialization")
    required = schema.get("required", ())
    personal = {
        field.serialization_alias or field.alias or name
        for name, field in event.model_fields.items()
        if PERSONAL in field.metadata
    }
    return ", ".join(
        _field(name, field, optional=name not in required, personal=name in personal)
        for name, field in schema["properties"].items()
    )


def _field(name: str, schema: Schema, *, optional: bool, personal: bool) -> str:
    mark = "\\*" if personal else ""
    return f"`{name}`{mark} {_words(schema)}{'?' if optional else ''}"


def _words(schema: Schema) -> str:
    """Name a type in a word or two."""
    match schema:
        case {"$ref": str(reference)}:
            return reference.rpartition("/")[2]
        case {"anyOf": [first, *_]}:
            return _words(first)
        case {"type": "array", "items": item}:
            return f"{_words(item)}[]"
        case {"additionalProperties": {"prefixItems": _}}:
            return "{field: [old, new]}"
    return WORDS[schema.get("format") or schema["type"]]
