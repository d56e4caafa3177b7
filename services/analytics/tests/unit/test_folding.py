"""What a deal, a request, a payment, a letter become by their events (ANA-003)."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from analytics.domain.folding import begin, fold, in_order
from analytics.domain.folding.logged import Logged, State
from kernel.ids import uuid7

DEAL = UUID("0198a5b2-7c3d-7e4f-8a1b-2c3d4e5f6071")
LATE = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)  # in Helsinki it is November
CREATED = {
    "name": "A deal",
    "pipeline_id": "p",
    "stage_id": "new",
    "amount": {"amount": "10.00", "currency": "EUR"},
    "probability": 10,
    "status": "open",
    "owner_id": "ada",
}


def said(topic: str, version: int, **data: Any) -> Logged:
    return Logged(uuid7(), topic, version, LATE, None, None, data)


def story(*steps: tuple[str, dict[str, Any]]) -> State:
    """Fold a deal that was created and then lived through these steps."""
    events = [said("deals.deal.created", 1, **CREATED)]
    events += [said(f"deals.deal.{step}", n, **data) for n, (step, data) in enumerate(steps, 2)]
    return fold("deal", begin(DEAL), events)


def moved(stage: str) -> tuple[str, dict[str, Any]]:
    data = {"pipeline_id": "p", "to_id": stage, "probability": 60, "at": LATE.isoformat()}
    return "stage_changed", data


def won(**data: Any) -> tuple[str, dict[str, Any]]:
    amount = {"amount": "12.00", "currency": "USD"}
    return "won", {"amount": amount, "closed_on": "2026-11-01", "won_at": LATE.isoformat()} | data


LOST = (
    "lost",
    {
        "amount": {"amount": "12.00", "currency": "USD"},
        "closed_on": "2026-11-01",
        "stage_before_id": "talk",
        "irrelevant": True,
        "reason_id": "price",
        "stage_id": "lost",
    },
)


def places(state: State) -> list[str]:
    return [stay["stage_id"] for stay in state["stays"]]


def test_a_deal_is_as_old_as_its_event_in_the_company_s_zone() -> None:
    """ANA-009."""
    assert story()["created_on"] == "2026-11-01"


def test_an_imported_deal_is_as_old_as_the_import_says() -> None:
    """GAT-013."""
    past = {"created_at": "2016-10-20T23:00:00Z", "created_on": None}
    event = said("deals.deal.created", 1, **CREATED, **past)
    state = fold("deal", begin(DEAL), [event])
    assert (state["created_on"], state["created_at"]) == ("2016-10-21", "2016-10-20T23:00:00+00:00")
    given = said("deals.deal.created", 1, **CREATED, **past | {"created_on": "2016-10-20"})
    assert fold("deal", begin(DEAL), [given])["created_on"] == "2016-10-20"


@pytest.mark.parametrize(
    ("steps", "before", "stays"),
    [
        ([moved("talk"), won(stage_id="won")], "talk", ["new", "talk", "won"]),
        ([moved("talk"), won(stage_id="won"), moved("won")], "talk", ["new", "talk", "won"]),
        ([moved("talk"), moved("won"), won(stage_id="won")], "talk", ["new", "talk", "won"]),
        ([moved("talk"), won()], "talk", ["new", "talk"]),
        ([moved("talk"), LOST], "talk", ["new", "talk", "lost"]),
        ([won(stage_id="new")], None, ["new"]),
    ],
)
def test_the_stage_before_closing_is_known_however_the_closing_is_told(
    steps: list[tuple[str, dict[str, Any]]], before: str | None, stays: list[str]
) -> None:
    """ANA-084."""
    state = story(*steps)
    assert (state["stage_before_id"], places(state)) == (before, stays)
    assert [stay["left_at"] is None for stay in state["stays"]] == [False] * (len(stays) - 1) + [
        True
    ]


def test_winning_takes_the_amount_and_the_new_customer() -> None:
    state = story(won(customer_id="c"))
    assert (state["status"], state["amount"], state["currency"]) == ("won", "12.00", "USD")
    assert (state["closed_on"], state["customer_id"]) == ("2026-11-01", "c")


def test_reopening_forgets_how_the_deal_was_closed() -> None:
    reopened = ("reopened", {"stage_id": "talk", "previous": "lost", "at": LATE.isoformat()})
    state = story(LOST, reopened)
    assert state["status"] == "open"
    assert not any(
        state[name] for name in ("closed_on", "closed_at", "reason_id", "stage_before_id")
    )
    assert (state["probability"], places(state)) == (None, ["new", "lost", "talk"])
    assert story(LOST, moved("talk"), reopened)["probability"] == 60


def test_an_edit_changes_only_what_it_names() -> None:
    edit = {
        "changed": {"owner_id": ["ada", "bo"], "description": ["", "x"], "amount": [None, None]}
    }
    state = story(("updated", edit))
    assert (state["owner_id"], state["name"], state["amount"]) == ("bo", "A deal", None)
    assert "description" not in state


def test_the_envelope_tells_the_department_that_the_data_do_not() -> None:
    assigned = {"owner_id": "bo", "co_owner_id": None, "team_id": "t"}
    event = said("deals.deal.assigned", 2, **assigned)._replace(department_id="east")
    state = fold("deal", begin(DEAL), [said("deals.deal.created", 1, **CREATED), event])
    assert (state["owner_id"], state["team_id"], state["department_id"]) == ("bo", "t", "east")


def test_a_deal_counts_once_it_is_created_and_while_it_is_not_deleted() -> None:
    """ANA-017."""
    assert story()["counts"]
    assert not story(("deleted", {}))["counts"]
    assert story(("deleted", {}), ("restored", {}))["counts"]
    assert not fold("deal", begin(DEAL), [said("deals.deal.deleted", 2)])["counts"]


def test_folding_on_from_a_stored_state_is_folding_the_whole() -> None:
    steps = [
        ("deals.deal.created", CREATED),
        *((f"deals.deal.{s}", d) for s, d in (moved("x"), LOST)),
    ]
    events = [said(topic, version, **data) for version, (topic, data) in enumerate(steps, 1)]
    whole = fold("deal", begin(DEAL), events)
    halfway = fold("deal", begin(DEAL), events[:2])
    assert fold("deal", halfway, events[2:]) == whole
    assert in_order(reversed(events)) == events


def test_a_payment_says_what_it_said_last() -> None:
    money = {"amount": "5.00", "currency": "EUR"}
    recorded = {"deal_id": "d", "amount": money, "date": "2026-11-01", "status": "guaranteed"}
    revised = {
        "new": {"amount": money | {"amount": "6.00"}, "date": "2026-11-02", "status": "received"}
    }
    events = [
        said("deals.payment.recorded", 1, **recorded),
        said("deals.payment.changed", 2, **revised),
    ]
    state = fold("payment", begin(DEAL), events)
    assert (state["amount"], state["paid_on"], state["status"]) == (
        "6.00",
        "2026-11-02",
        "received",
    )
    gone = fold("payment", state, [said("deals.payment.deleted", 3, new=None)])
    assert not gone["counts"]


def test_a_restored_line_or_payment_counts_again() -> None:
    """GAT-014, ANA-017: it is told like a new one."""
    money = {"amount": "5.00", "currency": "EUR"}
    line = {"deal_id": "d", "product_id": None, "quantity": "1", "total": money}
    paid = {"deal_id": "d", "amount": money, "date": "2026-11-01", "status": "received"}
    for kind, born, told, gone in (
        ("output", "deals.output.added", line, "deals.output.removed"),
        ("payment", "deals.payment.recorded", paid, "deals.payment.deleted"),
    ):
        state = fold(kind, begin(DEAL), [said(born, 1, **told), said(gone, 2, new=None)])
        assert not state["counts"]
        assert fold(kind, state, [said(born, 3, **told)])["counts"], kind


def test_a_request_keeps_its_links_and_its_verdict() -> None:
    received = {
        "kind": "commercial",
        "state": "pending",
        "received_at": LATE.isoformat(),
        "lead_id": "l",
    }
    edited = {"changed": {"kind": ["commercial", "case"]}, "owner_id": "ada", "lead_id": "m"}
    events = [
        said("intake.request.received", 1, **received),
        said("intake.request.updated", 2, **edited),
        said("intake.request.validated", 3, owner_id="bo"),
        said("intake.request.marked_duplicate", 4, state="duplicate"),
    ]
    state = fold("request", begin(DEAL), events)
    assert (state["received_on"], state["kind"]) == ("2026-11-01", "case")
    assert (state["lead_id"], state["owner_id"], state["verdict"]) == ("m", "bo", "duplicate")


def test_a_letter_belongs_to_the_records_it_was_told_of_last() -> None:
    def links(*ids: str) -> list[dict[str, str]]:
        return [{"kind": "deal", "id": record_id} for record_id in ids]

    received = {"mailbox_id": "m", "owner_id": "ada", "sent_at": LATE.isoformat(), "ticket": "t"}
    came = [
        said("mail.email.received", 1, **received),
        said("mail.email.linked", 2, links=links("d")),
        said("mail.email.linked", 3, links=links("d", "e")),
    ]
    state = fold("email", begin(DEAL), came)
    assert (state["direction"], state["sent_on"], state["owner_id"]) == ("in", "2026-11-01", "ada")
    assert (state["record_ids"], state["ticket"], state["counts"]) == (["d", "e"], "t", True)
    went = [
        said("mail.email.failed", 1, links=links("d")),
        said("mail.email.sent", 2, links=links("d"), mailbox_id="m", at=LATE.isoformat()),
    ]
    state = fold("email", begin(DEAL), went)
    assert (state["direction"], state["failed"], state["record_ids"]) == ("out", True, ["d"])


def test_a_customer_has_the_owner_that_is_told() -> None:
    """ANA-034: without one, the queries take that of its company."""
    told = {"name": "Vera", "company_id": None, "owner_id": "ada"}
    state = fold("customer", begin(DEAL), [said("intake.customer.created", 1, **told)])
    assert (state["owner_id"], state["company_id"]) == ("ada", None)
