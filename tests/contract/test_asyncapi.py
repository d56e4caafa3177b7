"""The AsyncAPI document and the schemas of events (EVT-006, EVT-010)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts.event import REGISTRY, Envelope
from rapport.reference.asyncapi import asyncapi
from rapport.reference.rendering import FOLDER, Files
from rapport.reference.suite import Suite, published_by
from rapport.services import SERVICES


@pytest.fixture(scope="module")
def document(suite: Suite) -> dict[str, Any]:
    return asyncapi(suite)


def test_every_event_has_a_channel_a_message_and_a_schema(
    document: dict[str, Any], suite: Suite
) -> None:
    contracts = {t for t, e in REGISTRY.items() if e.__module__.startswith("contracts.")}
    assert contracts == {event.topic for event in suite.events}
    assert contracts <= set(document["channels"])
    assert contracts == set(document["components"]["messages"])
    assert {event.type() for event in suite.events} <= set(document["components"]["schemas"])


def test_exactly_what_services_say_is_sent(document: dict[str, Any], suite: Suite) -> None:
    said = {event.topic for event in suite.said}
    assert said
    assert said == {
        operation["channel"]["$ref"].removeprefix("#/channels/")
        for operation in document["operations"].values()
        if operation["action"] == "send"
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_only_events_of_its_own(service: str, suite: Suite) -> None:
    said = published_by(service)
    assert len(set(said)) == len(said)
    assert set(said) <= set(suite.events)
    assert {event.topic.partition(".")[0] for event in said} <= {service}


def test_every_subscription_receives_what_its_bindings_match(
    document: dict[str, Any], suite: Suite
) -> None:
    for subscription in suite.subscriptions:
        operation = document["operations"][f"receive.{subscription.name}"]
        heard = [each["$ref"].rpartition("/")[2] for each in operation["messages"]]
        assert heard == [e.topic for e in suite.events if subscription.hears(e.topic)]
        assert heard, f"{subscription.name} hears nothing"


def test_analytics_hears_everything(suite: Suite) -> None:
    for event in suite.events:
        assert any(name.startswith("analytics.") for name in suite.hearers(event)), event.topic


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        here: Any = document
        for step in reference.removeprefix("#/").split("/"):
            here = here[step]


def test_the_document_has_the_members_asyncapi_3_demands(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(document["info"])
    assert all({"host", "protocol"} <= set(s) for s in document["servers"].values())
    for operation in document["operations"].values():
        assert operation["action"] in ("send", "receive")
        channel = operation["channel"]["$ref"]
        own = (each["$ref"] for each in operation.get("messages", ()))
        assert all(each.startswith(f"{channel}/messages/") for each in own)
    for message in document["components"]["messages"].values():
        assert message["contentType"] == document["defaultContentType"]


def test_every_example_keeps_its_schema_and_is_read_as_its_event(
    document: dict[str, Any], suite: Suite
) -> None:
    """EVT-006: so does the schema in the file that `dataschema` names."""
    for event in suite.events:
        message = document["components"]["messages"][event.topic]
        (example,) = message["examples"]
        whole = {**message["payload"], "components": document["components"]}
        Draft202012Validator(whole).validate(example["payload"])
        envelope = Envelope.model_validate(example["payload"])
        assert type(envelope.event()) is event
        assert envelope.event().model_dump(mode="json") == envelope.data


def test_every_event_has_a_schema_file_under_the_name_dataschema_gives(
    generated: Files, document: dict[str, Any], suite: Suite
) -> None:
    for event in suite.events:
        schema = json.loads(generated[f"{FOLDER}/schemas/{event.type()}.json"])
        Draft202012Validator.check_schema(schema)
        (example,) = document["components"]["messages"][event.topic]["examples"]
        assert example["payload"]["dataschema"] == schema["$id"]
        later = {**example["payload"]["data"], "added_in_a_later_release": 1}
        Draft202012Validator(schema).validate(later)
        del later[event.key]
        required = event.key in schema["required"]
        assert Draft202012Validator(schema).is_valid(later) is not required


def test_the_matrix_lists_every_event(generated: Files, suite: Suite) -> None:
    page = generated[f"{FOLDER}/events.md"]
    for event in suite.events:
        (line,) = [row for row in page.splitlines() if row.startswith(f"| [{event.topic}]")]
        assert f"| {'yes' if event in suite.said else 'not yet'} |" in line


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)
