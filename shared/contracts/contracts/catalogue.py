"""All events of the suite in one place, for documents, subscriptions and tests."""

from importlib import import_module
from typing import Final

from contracts.event import REGISTRY, Event

SERVICES: Final = ("deals", "gateway", "intake", "mail")
"""The services that say something; analytics only listens."""


def load_all() -> dict[str, type[Event]]:
    """Read every module of events and answer the classes by topic, sorted."""
    for service in SERVICES:
        import_module(f"contracts.{service}")
    return dict(sorted(REGISTRY.items()))
