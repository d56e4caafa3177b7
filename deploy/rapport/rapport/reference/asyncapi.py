"""One AsyncAPI 3.0 document of everything said and heard (EVT-010).

A channel per topic is where a service says an event; a channel per queue is where a subscription
hears the events its bindings match.
"""

from collections.abc import Iterable
from typing import Any, Final

from chassis.http.app import API_VERSION
from chassis.subscriptions import Subscription
from chassis.transport.rabbit import CONTENT_TYPE
from chassis.transport.topology import Names
from contracts.event import Envelope, Event
from rapport.reference.rendering import FOLDER, Files, as_json
from rapport.reference.schemas import ID, MOMENT, example_of
from rapport.reference.suite import Suite

BINDING: Final = {"bindingVersion": "0.3.0"}
LASTING: Final = {"durable": True, "autoDelete": False, "vhost": "/"}
SCHEMAS: Final = "#/components/schemas/"
DESCRIPTION: Final = (
    "Facts the services of Rapport tell each other: structured CloudEvents 1.0, at least once, in "
    "order per aggregate. A topic that no service sends yet has a channel and no send operation."
)


def asyncapi_files(suite: Suite) -> Files:
    """Answer the document of the suite."""
    return {f"{FOLDER}/asyncapi.json": as_json(asyncapi(suite))}


def asyncapi(suite: Suite) -> dict[str, Any]:
    """Describe every event, who sends it and which queue receives it."""
    queues = {each.name: _queue_channel(each, suite) for each in suite.subscriptions}
    topics = {event.topic: _topic_channel(event) for event in suite.events}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rapport events",
            "version": API_VERSION,
            "description": DESCRIPTION,
            "license": {"name": "GPL-3.0-or-later"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "rabbitmq": {
                "host": "rabbitmq:5672",
                "protocol": "amqp",
                "protocolVersion": "0-9-1",
                "description": "The broker RAPPORT_BROKER_URL names.",
            }
        },
        "channels": topics | queues,
        "operations": {
            **{f"send.{e.topic}": _send(e) for e in suite.events if e in suite.said},
            **{f"receive.{each.name}": _receive(each, suite) for each in suite.subscriptions},
        },
        "components": {
            "schemas": _schemas(suite.events),
            "messages": {event.topic: _message(event) for event in suite.events},
        },
    }


def envelope_example(event: type[Event]) -> dict[str, Any]:
    """Make an example of an event as it travels."""
    return {
        "specversion": "1.0",
        "id": ID,
        "source": _source(event),
        "type": event.type(),
        "subject": f"{event.entity}/{ID}",
        "time": MOMENT,
        "datacontenttype": "application/json",
        "dataschema": f"/schemas/{event.type()}.json",
        "aggregateversion": 1,
        "seq": 1,
        "actor": ID,
        "actorkind": "user",
        "correlationid": ID,
        "data": example_of(event),
    }


def _source(event: type[Event]) -> str:
    return f"/crm/{_producer(event)}"


def _producer(event: type[Event]) -> str:
    return event.topic.partition(".")[0]


def _topic_channel(event: type[Event]) -> dict[str, Any]:
    exchange = {"name": Names().events, "type": "topic", **LASTING}
    return {
        "address": event.topic,
        "summary": event.__doc__,
        "messages": {event.topic: {"$ref": f"#/components/messages/{event.topic}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, **BINDING}},
    }


def _queue_channel(subscription: Subscription, suite: Suite) -> dict[str, Any]:
    queue = {"name": subscription.name, "exclusive": False, **LASTING}
    return {
        "address": subscription.name,
        "summary": f"What {subscription.service} hears.",
        "description": f"Binding keys: {', '.join(subscription.bindings)}",
        "messages": {
            event.topic: {"$ref": f"#/components/messages/{event.topic}"}
            for event in suite.events
            if subscription.hears(event.topic)
        },
        "bindings": {"amqp": {"is": "queue", "queue": queue, **BINDING}},
    }


def _send(event: type[Event]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{event.topic}"},
        "summary": event.__doc__,
        "tags": [{"name": _producer(event)}],
        "bindings": {"amqp": {"deliveryMode": 2, **BINDING}},
    }


def _receive(subscription: Subscription, suite: Suite) -> dict[str, Any]:
    channel = f"#/channels/{subscription.name}"
    return {
        "action": "receive",
        "channel": {"$ref": channel},
        "tags": [{"name": subscription.service}],
        "messages": [
            {"$ref": f"{channel}/messages/{event.topic}"}
            for event in suite.events
            if subscription.hears(event.topic)
        ],
        "bindings": {"amqp": {"ack": True, **BINDING}},
    }


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.type(),
        "title": event.topic,
        "summary": event.__doc__,
        "contentType": CONTENT_TYPE,
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": {
            "allOf": [
                {"$ref": f"{SCHEMAS}Envelope"},
                {
                    "properties": {
                        "type": {"const": event.type()},
                        "source": {"const": _source(event)},
                        "data": {"$ref": f"{SCHEMAS}{event.type()}"},
                    }
                },
            ]
        },
        "examples": [{"name": "example", "payload": envelope_example(event)}],
    }


def _schemas(events: Iterable[type[Event]]) -> dict[str, Any]:
    """Answer the envelope, the data of each event by type, and the parts they share by name.

    Raises:
        ValueError: two different parts have the same name.
    """
    shared: dict[str, Any] = {"Envelope": Envelope.model_json_schema(mode="serialization")}
    for event in events:
        schema = event.model_json_schema(mode="serialization", ref_template=f"{SCHEMAS}{{model}}")
        for name, part in schema.pop("$defs", {}).items():
            if shared.setdefault(name, part) != part:
                raise ValueError(f"two parts of events are called {name}")
        shared[event.type()] = schema
    return shared
