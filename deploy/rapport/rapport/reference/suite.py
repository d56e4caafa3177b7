"""The suite as it describes itself: every app, every subscription, everything that is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fastapi import FastAPI

from chassis.subscriptions import Subscription
from chassis.tokens import new_pair
from contracts.catalogue import load_all
from contracts.event import Event
from gateway.clients.upstream import DirectUpstream
from rapport.services import GATEWAY, SERVICES


@dataclass(frozen=True)
class Suite:
    """What the services are made of; nothing of it runs."""

    apps: dict[str, FastAPI]
    subscriptions: tuple[Subscription, ...]
    events: tuple[type[Event], ...]
    said: frozenset[type[Event]]

    def hearers(self, event: type[Event]) -> list[str]:
        """Name the subscriptions that hear an event."""
        return [each.name for each in self.subscriptions if each.hears(event.topic)]


def read_suite() -> Suite:
    """Make the suite without a server, with the default settings whatever the environment says."""
    return Suite(
        apps=_apps(),
        subscriptions=tuple(each for name in SERVICES for each in _subscriptions(name)),
        events=declared_events(),
        said=frozenset(event for name in SERVICES for event in published_by(name)),
    )


def declared_events() -> tuple[type[Event], ...]:
    """Answer the events of the contracts, by topic; tests declare others of their own."""
    return tuple(e for e in load_all().values() if e.__module__.startswith("contracts."))


def published_by(service: str) -> tuple[type[Event], ...]:
    """Answer what a service says; one that only listens has no room for it."""
    if find_spec(f"{service}.events") is None:
        return ()
    published: tuple[type[Event], ...] = import_module(f"{service}.events").PUBLISHES
    return published


def _apps() -> dict[str, FastAPI]:
    _, verifier = new_pair()
    apps: dict[str, FastAPI] = {}
    for name, service in SERVICES.items():
        if name != GATEWAY:
            apps[name] = service.create_app(_defaults(name), verifier=verifier)
    upstreams = {name: DirectUpstream(app) for name, app in apps.items()}
    apps[GATEWAY] = SERVICES[GATEWAY].create_app(
        _defaults(GATEWAY), verifier=verifier, upstreams=upstreams
    )
    return apps


def _subscriptions(service: str) -> Sequence[Subscription]:
    return SERVICES[service].create_worker(_defaults(service)).subscriptions


def _defaults(service: str) -> Any:
    return SERVICES[service].settings.model_construct()
