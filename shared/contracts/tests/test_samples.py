"""Every event is built, sent through JSON and read again (EVT-006, reliability A10)."""

import json
import types
import typing
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, get_args, get_origin
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, ValidationError

from contracts.catalogue import load_all
from contracts.deals import CurrencyChanged, DealCreated, DealWon, RateRecorded
from contracts.event import Envelope, Event
from contracts.gateway import ModuleSwitched
from contracts.intake import CompanyCreated, ContactErased
from contracts.mail import CampaignCreated, CommunicationLogged, EmailReceived
from contracts.vocabulary import PERSONAL
from kernel.ids import uuid7
from kernel.money import Money

LEAVES: dict[Any, Any] = {
    UUID: "0198a5b2-7c3d-7e4f-8a1b-2c3d4e5f6071",
    str: "Łódź",
    int: 3,
    bool: True,
    date: "2026-02-28",
    AwareDatetime: "2026-02-28T23:30:00.123456+02:00",
    Decimal: "0.00000001",
    Any: "anything",
}
MONEY = {"currency": "EUR", "amount": "1234.50"}

EVENTS = [cls for cls in load_all().values() if cls.__module__.startswith("contracts.")]
ALL = pytest.mark.parametrize("event_class", EVENTS, ids=[cls.topic for cls in EVENTS])


def sample(cls: type[BaseModel], *, full: bool, extra: bool = False) -> dict[str, Any]:
    """Make the JSON of a model: every field, or only those without which it cannot be read."""
    data = {
        field.alias or name: value_of(field.annotation, full=full, extra=extra)
        for name, field in cls.model_fields.items()
        if full or field.is_required()
    }
    return data | {"added_in_a_later_release": {"by": 1.5}} if extra else data


def value_of(annotation: Any, *, full: bool, extra: bool) -> Any:
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation is Money:
        return MONEY
    if origin is Annotated or origin in (types.UnionType, typing.Union):
        return value_of(args[0], full=full, extra=extra)
    if origin is tuple:
        items = args[:1] * full if args[-1] is Ellipsis else args
        return [value_of(item, full=full, extra=extra) for item in items]
    if origin is dict:
        return {"key": value_of(args[1], full=full, extra=extra)} if full else {}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return sample(annotation, full=full, extra=extra)
    return LEAVES[annotation]


def leaves_of(annotation: Any) -> Iterator[Any]:
    """Name the plain types an annotation is made of, also inside models."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for field in annotation.model_fields.values():
            yield from leaves_of(field.annotation)
    elif get_origin(annotation) is Annotated:
        yield from leaves_of(get_args(annotation)[0])
    elif args := get_args(annotation):
        for arg in args:
            yield from leaves_of(arg)
    else:
        yield annotation


@ALL
@pytest.mark.parametrize("full", [True, False], ids=["every-field", "required-fields"])
def test_an_event_survives_the_way_through_json(event_class: type[Event], *, full: bool) -> None:
    event = event_class.model_validate(sample(event_class, full=full))
    assert event_class.model_validate_json(event.model_dump_json()) == event


@ALL
def test_an_event_writes_the_names_it_reads(event_class: type[Event]) -> None:
    """EVT-010: the names on the wire are those of the table, also `from` and `type`."""
    data = sample(event_class, full=True)
    event = event_class.model_validate(data)
    assert set(event.model_dump(mode="json")) == set(data)


@ALL
def test_an_envelope_carries_an_event_and_gives_it_back(event_class: type[Event]) -> None:
    """EVT-001: the subject is the entity and the id of the aggregate."""
    event = event_class.model_validate(sample(event_class, full=True))
    letter = {
        "specversion": "1.0",
        "id": str(uuid7()),
        "source": f"/crm/{event.topic.split('.')[0]}",
        "type": event.type(),
        "subject": f"{event.entity}/{event.aggregate_id}",
        "time": "2026-02-28T21:30:00Z",
        "aggregateversion": 1,
        "data": event.model_dump(mode="json"),
    }
    envelope = Envelope.model_validate_json(json.dumps(letter))
    assert envelope.event() == event
    assert envelope.aggregate_id == event.aggregate_id


@ALL
def test_a_reader_ignores_fields_it_does_not_know(event_class: type[Event]) -> None:
    """EVT-006: unknown fields are accepted, at every depth."""
    today = event_class.model_validate(sample(event_class, full=True))
    assert event_class.model_validate(sample(event_class, full=True, extra=True)) == today


@ALL
def test_an_event_has_no_binary_fraction_and_no_time_without_a_zone(
    event_class: type[Event],
) -> None:
    kinds = set(leaves_of(event_class))
    assert float not in kinds
    assert datetime not in kinds
    assert kinds <= {*LEAVES, Ellipsis, type(None)}


@ALL
def test_an_event_has_a_json_schema_that_says_what_it_means(event_class: type[Event]) -> None:
    """EVT-006: each type has a JSON Schema."""
    schema = event_class.model_json_schema(mode="serialization")
    assert schema["description"]
    assert event_class.key in schema["properties"]


@ALL
def test_addresses_of_people_are_marked_as_personal(event_class: type[Event]) -> None:
    """EVT-007: what a company gives as its own address is no person's."""
    if event_class.entity == "company":
        return
    for name in ("email", "emails", "phone", "phones", "to", "address", "recipient"):
        field = event_class.model_fields.get(name)
        assert field is None or PERSONAL in field.metadata, name


def test_a_contact_is_personal_and_a_company_is_not() -> None:
    def personal(cls: type[BaseModel]) -> set[str]:
        return {name for name, field in cls.model_fields.items() if PERSONAL in field.metadata}

    assert personal(ContactErased) == {"name", "emails", "phones"}
    assert personal(CompanyCreated) == set()


def test_numbers_are_written_as_plain_strings() -> None:
    won = DealWon.model_validate(sample(DealWon, full=True))
    rate = RateRecorded.model_validate(sample(RateRecorded, full=True))
    assert won.model_dump(mode="json")["amount"] == MONEY
    assert rate.model_dump(mode="json")["rate"] == "0.00000001"


def test_a_time_without_a_zone_is_refused() -> None:
    naive = sample(DealWon, full=True) | {"won_at": "2026-02-28T21:30:00"}
    with pytest.raises(ValidationError, match="timezone"):
        DealWon.model_validate(naive)


def test_an_imported_deal_keeps_its_historical_date() -> None:
    """GAT-013: only an import gives these; without it they are absent."""
    assert DealCreated.model_validate(sample(DealCreated, full=True)).created_at is not None
    assert DealCreated.model_validate(sample(DealCreated, full=False)).created_at is None


def test_names_python_or_the_base_class_keeps_are_plain_on_the_wire() -> None:
    letter = EmailReceived.model_validate(sample(EmailReceived, full=True))
    assert letter.model_dump(mode="json")["from"]["email"] == letter.sender.email
    for cls in (CommunicationLogged, CampaignCreated):
        assert cls.model_validate(sample(cls, full=True)).model_dump()["type"] == "Łódź"


def test_what_its_name_identifies_always_has_the_same_id() -> None:
    """A later release must not compute other ids, or old and new events part company."""
    crm = ModuleSwitched(module="crm", enabled=False)
    euro = CurrencyChanged(code="EUR")
    rate = RateRecorded(code="USD", date=date(2026, 2, 28), rate=Decimal("0.92"))
    assert [str(event.aggregate_id) for event in (crm, euro, rate)] == [
        "bc6c5730-fecd-52b3-8afe-c6d963205615",
        "c855bf44-c2c1-5709-8ffb-1649eeb769f9",
        "201771a7-72c4-5219-bf98-75826571d8ac",
    ]
