"""What travels keeps the standards: CloudEvents 1.0 (EVT-001) and RFC 9457.

The judges are the samples of the standards' own projects; where they are not at hand, those tests
are skipped.
"""

import json
import re
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from chassis.event_log import log_row
from chassis.http.problems import MEDIA_TYPE, problem_response
from chassis.origin import by_system
from contracts.event import Envelope
from contracts.gateway import DepartmentChanged
from kernel.errors import FieldError, Problem, invalid
from kernel.ids import uuid7
from rapport.checks import ROOT
from rapport.reference.asyncapi import asyncapi
from rapport.reference.problems import kinds_of_problem
from rapport.reference.suite import Suite

JUDGES: Final = ROOT.parent / "shared/data/10-outside-judges"
RULES: Final = {
    "specversion": re.compile(r"1\.0"),
    **dict.fromkeys(("id", "source", "type", "subject", "dataschema"), re.compile(r".+")),
    "datacontenttype": re.compile(r"[\w.+-]+/[\w.+-]+(\s*;.*)?"),
    "time": re.compile(
        r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"
    ),
}
MINIMAL: Final = {
    "specversion": "1.0",
    "id": "invalid",
    "type": "io.cloudevents.test",
    "source": "https://cloudevents.io",
}
"""What the samples of invalid events are but for their fault."""
TOLERATED: Final = {
    "invalidTimeToMinute",
    "invalidEmptyDataSchema",
    "invalidCapitalizedExtension",
    "invalidPunctuatedExtension",
    "invalidNonIntegerExtensionValue",
}
"""Faults that our reader overlooks, for it reads neither these attributes nor so closely."""


def judge(name: str) -> Any:
    """Read a sample of a standard, or skip the test."""
    path = JUDGES / name
    if not path.exists():
        pytest.skip(f"the standards' own samples are not at hand: {path}")
    return json.loads(path.read_text("utf-8"))


def samples(kind: str) -> dict[str, dict[str, Any]]:
    """Answer CloudEvents' own samples of single events by name."""
    tests = judge(f"cloudevents/format-json/{kind}-events.json")["tests"]
    return {test["id"]: test["event"] for test in tests}


def faults(event: dict[str, Any]) -> list[str]:
    """Name the attributes with which an event breaks CloudEvents 1.0 in JSON."""
    given = {name: value for name, value in event.items() if value is not None}
    attributes = {name: v for name, v in given.items() if name not in ("data", "data_base64")}
    missing = {"id", "source", "type", "specversion"} - given.keys()
    both = ["data_base64"] if {"data", "data_base64"} <= given.keys() else []
    wrong = [name for name, value in attributes.items() if not keeps_the_rules(name, value)]
    return [*sorted(missing), *both, *wrong]


def keeps_the_rules(name: str, value: Any) -> bool:
    if not re.fullmatch(r"[a-z0-9]+", name) or not isinstance(value, str | bool | int):
        return False
    if name in RULES:
        return isinstance(value, str) and RULES[name].fullmatch(value) is not None
    return True


@pytest.fixture
def said() -> dict[str, Any]:
    """Answer an envelope as a service writes it, and the relay numbers it."""
    event = DepartmentChanged(id=uuid7(), name="Łódź", active=True)
    row = log_row("gateway", by_system("test"), event, 1, department_id=uuid7())
    envelope: dict[str, Any] = json.loads(json.dumps(row["envelope"]))
    return {**envelope, "seq": 1}


def test_the_rules_tell_valid_events_from_invalid_ones() -> None:
    assert {name: faults(event) for name, event in samples("valid").items() if faults(event)} == {}
    assert [name for name, event in samples("invalid").items() if not faults(event)] == []


def test_what_a_service_says_is_a_cloudevent(said: dict[str, Any]) -> None:
    assert faults(said) == []
    assert Envelope.model_validate(said).event().aggregate_id


def test_every_example_is_a_cloudevent_with_the_attributes_a_service_writes(
    suite: Suite, said: dict[str, Any]
) -> None:
    for message in asyncapi(suite)["components"]["messages"].values():
        (example,) = message["examples"]
        assert faults(example["payload"]) == []
        assert set(example["payload"]) == set(said) - {"departmentid"}


def test_whatever_our_profile_leaves_open_is_read_as_the_standard_allows(
    said: dict[str, Any],
) -> None:
    """Our profile fixes what events are called and about; times and extensions are free."""
    fixed = {"specversion", "id", "source", "type", "subject", "datacontenttype", "data"}
    for name, event in samples("valid").items():
        free = {k: v for k, v in event.items() if k not in fixed and v is not None}
        envelope = Envelope.model_validate({**said, **free})
        if "time" in free:
            assert envelope.time.isoformat().startswith("2018-04-05T"), name


def test_no_invalid_event_is_taken_for_one_of_ours() -> None:
    for event in samples("invalid").values():
        with pytest.raises(ValidationError):
            Envelope.model_validate(event)


def test_an_event_of_ours_with_a_fault_is_refused(said: dict[str, Any]) -> None:
    overlooked = set()
    for name, event in samples("invalid").items():
        fault = {k: v for k, v in event.items() if MINIMAL.get(k) != v}
        faulty = {**said, **fault}
        for missing in MINIMAL.keys() - event.keys():
            del faulty[missing]
        try:
            Envelope.model_validate(faulty)
        except ValidationError:
            continue
        overlooked.add(name)
    assert overlooked == TOLERATED


def test_every_problem_is_one_of_rfc_9457() -> None:
    judge_schema = Draft202012Validator(judge("rfc9457/problem.schema.json"))
    problems = [kind("What went wrong.", retry_after=5) for kind in kinds_of_problem()]
    wrong_field = invalid("name", "is missing", "missing")
    extended = Problem("Detail.", errors=(FieldError("/a", "b", "c"),), uses={"deals": 3})
    for problem in (*problems, wrong_field, extended):
        answer = problem_response(problem)
        body = json.loads(bytes(answer.body))
        judge_schema.validate(body)
        assert {"type", "title", "status", "detail"} <= set(body)
        assert body["status"] == answer.status_code
        assert answer.headers["content-type"] == MEDIA_TYPE
