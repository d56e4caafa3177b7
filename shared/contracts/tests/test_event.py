"""The rules that every event class and envelope obeys."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from contracts.deals import DealDeleted
from contracts.event import Envelope, Event

DEAL = "0198a5b2-7c3d-7e4f-8a1b-2c3d4e5f6071"
LETTER: dict[str, Any] = {
    "specversion": "1.0",
    "id": "0198a5b2-7c3d-7e4f-8a1b-2c3d4e5f6072",
    "source": "/crm/deals",
    "type": "crm.deals.deal.deleted.v1",
    "subject": f"deal/{DEAL}",
    "time": "2026-02-28T21:30:00Z",
    "aggregateversion": 7,
    "data": {"deal_id": DEAL},
}


def test_an_envelope_tells_who_said_what_about_which_record() -> None:
    envelope = Envelope.model_validate(LETTER | {"anotherextension": "ignored"})
    assert envelope.event() == DealDeleted(deal_id=UUID(DEAL))
    assert envelope.topic == "deals.deal.deleted"
    assert envelope.service == "deals"
    assert (envelope.entity, envelope.aggregate_id) == ("deal", UUID(DEAL))
    assert envelope.occurred_at == envelope.time


@pytest.mark.parametrize("type_", ["crm.deals.deal.deleted.v2", "crm.deals.deal.painted.v1"])
def test_an_event_this_release_cannot_read_is_said_to_be_so(type_: str) -> None:
    with pytest.raises(LookupError):
        Envelope.model_validate(LETTER | {"type": type_}).event()


@pytest.mark.parametrize(
    "flaw",
    [
        {"specversion": "0.3"},
        {"source": "deals"},
        {"type": "deals.deal.deleted"},
        {"subject": "deal"},
        {"time": "2026-02-28T21:30:00"},
        {"aggregateversion": 0},
        {"data": None},
    ],
)
def test_an_envelope_that_breaks_the_rules_is_refused(flaw: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Envelope.model_validate(LETTER | flaw)


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        DealDeleted(deal_id=UUID(DEAL)).deal_id = UUID(DEAL)  # type: ignore[misc]  # the point


def test_two_classes_cannot_share_a_topic() -> None:
    with pytest.raises(TypeError, match="share the topic"):
        type("Twin", (DealDeleted,), {"topic": "deals.deal.deleted", "__module__": __name__})


def test_an_event_without_the_id_of_its_aggregate_is_refused() -> None:
    with pytest.raises(TypeError, match="no field thing_id"):
        type("Nameless", (Event,), {"topic": "deals.thing.made", "__module__": __name__})
