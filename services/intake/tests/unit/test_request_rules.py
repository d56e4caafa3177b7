"""The states and links of requests (INT-032, INT-036 to INT-041, INT-051)."""

from collections.abc import Iterator
from itertools import product
from typing import get_args

import pytest

from intake.domain.requests import State, allow_deal, allow_kind, check_links, decide, reopen
from kernel.errors import Conflict, Invalid
from kernel.ids import uuid7

STATES: tuple[State, ...] = get_args(State)


def decisions() -> Iterator[tuple[State, State]]:
    yield from product(STATES, (state for state in STATES if state != "pending"))


@pytest.mark.parametrize(("state", "new"), list(decisions()))
def test_only_pending_requests_are_decided_about(state: State, new: State) -> None:
    if state == "pending":
        kind = "case" if new == "closed" else "commercial"
        assert decide(state, new, kind=kind, has_deal=False) == new  # type: ignore[arg-type]  # a choice of two words
    else:
        with pytest.raises(Conflict):
            decide(state, new, kind="case", has_deal=False)


def test_only_a_case_is_closed() -> None:
    with pytest.raises(Conflict):
        decide("pending", "closed", kind="commercial", has_deal=False)


@pytest.mark.parametrize("state", STATES)
def test_what_is_decided_can_be_reopened_unless_it_has_a_deal(state: State) -> None:
    if state == "pending":
        with pytest.raises(Conflict):
            reopen(state, has_deal=False)
    else:
        assert reopen(state, has_deal=False) == "pending"
        with pytest.raises(Conflict):
            reopen(state, has_deal=True)


def test_a_deal_comes_from_a_live_commercial_request_without_one() -> None:
    allow_deal("pending", "commercial", None)
    allow_deal("validated", "commercial", None)
    for state in ("irrelevant", "unfulfillable", "duplicate"):
        with pytest.raises(Conflict):
            allow_deal(state, "commercial", None)
    with pytest.raises(Conflict):
        allow_deal("pending", "case", None)
    with pytest.raises(Conflict):
        allow_deal("validated", "commercial", uuid7())


def test_a_request_with_a_deal_becomes_no_case_and_a_closed_case_stays_one() -> None:
    allow_kind("case", "pending", None)
    allow_kind("case", "closed", None)
    allow_kind("commercial", "validated", uuid7())
    with pytest.raises(Conflict):
        allow_kind("case", "validated", uuid7())
    with pytest.raises(Conflict):
        allow_kind("commercial", "closed", None)


def test_links_that_contradict_each_other_are_named() -> None:
    contact, company, lead, other = (uuid7() for _ in range(4))
    check_links(contact, company, None, company)
    check_links(contact, company, None, None)
    check_links(None, None, lead, None)
    for links in (
        (contact, None, lead, None),
        (None, company, lead, None),
        (contact, company, None, other),
    ):
        with pytest.raises(Invalid):
            check_links(*links)
