"""Moving, winning, losing and reopening, each way with the same result."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.testing.service import acting_as
from contracts import intake
from deals.models import Deal, StageEntry
from kernel import clock
from kernel.ids import uuid7

Stage = Callable[..., str]
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


async def test_a_move_is_stored_at_once_with_its_history(app: Any, stage: Stage) -> None:
    # DEA-049, DEA-059, DEA-072, EVT-038
    with clock.frozen(MORNING):
        deal = await app.make()
    with clock.frozen(MORNING + timedelta(days=2, hours=6)):
        moved = await app.call(
            "POST", f"/deals/{deal['id']}/move", json={"stage_id": stage("Proposal")}
        )
    assert (moved["stage"]["name"], moved["probability"], moved["version"]) == ("Proposal", 60, 2)
    assert (moved["status"], moved["closed_on"], moved["closing_reason"]) == ("open", None, None)
    last = moved["stage_history"][-1]
    assert (last["way"], last["days_in_previous"]) == ("board", "2.25")
    assert last["author"]["name"] == "Ada Admin"
    (said,) = await app.service.said("deals.deal.stage_changed")
    assert (said.data["from_id"], said.data["to_id"]) == (stage("Lead"), stage("Proposal"))
    assert (said.data["days_in_previous"], said.aggregateversion) == ("2.25", 2)


async def test_a_foreign_or_unknown_stage_moves_nothing(app: Any, stage: Stage) -> None:  # DEA-049
    deal = await app.make()
    for target in (stage("New", "probability"), str(uuid7())):
        path = f"/deals/{deal['id']}/move"
        problem = await app.call("POST", path, 422, json={"stage_id": target})
        assert problem["errors"][0]["field"] == "/stage_id"
    assert await app.call("GET", f"/deals/{deal['id']}") == deal
    assert await app.topics() == ["deal.created"]


async def test_two_parallel_moves_with_one_if_match_are_one_move(app: Any, stage: Stage) -> None:
    # GAT-003
    deal = await app.make()
    async with app.client() as client:
        answers = await asyncio.gather(
            *(
                client.post(
                    f"/v1/deals/{deal['id']}/move",
                    json={"stage_id": stage(name)},
                    headers={"If-Match": '"1"'},
                )
                for name in ("Proposal", "Negotiation")
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert (await app.topics()).count("deal.stage_changed") == 1


async def _reason(app: Any, outcome: str = "lost") -> str:
    reasons = (await app.call("GET", f"/closing-reasons?outcome={outcome}"))["items"]
    return str(reasons[0]["id"])


async def test_every_way_of_closing_gives_the_same_result(app: Any, stage: Stage) -> None:
    # DEA-052, DEA-054, DEA-056
    reason = await _reason(app)
    ways: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("POST", "/move", {"stage_id": stage("Lost"), "closing_reason": reason, "note": "n"}),
        ("POST", "/lose", {"reason": reason, "note": "n"}),
        ("PATCH", "", {"closing_reason": reason, "note": "n"}),
        ("PATCH", "", {"stage_id": stage("Lost"), "closing_reason": reason, "note": "n"}),
    )
    outcomes = []
    with clock.frozen(MORNING):
        for method, path, body in ways:
            deal = await app.make(stage_id=stage("Proposal"))
            lost = await app.call(method, f"/deals/{deal['id']}{path}", json=body)
            fields = ("status", "closed_on", "lost_at", "probability", "closing_reason", "note")
            outcomes.append([lost[name] for name in fields] + [lost["stage"]["name"]])
    assert outcomes == [outcomes[0]] * len(ways)
    assert outcomes[0][:4] == ["lost", "2026-03-02", "2026-03-02T08:00:00Z", 0]
    said = await app.service.said("deals.deal.lost")
    assert [event.data["stage_before_id"] for event in said] == [stage("Proposal")] * len(ways)
    assert {event.data["reason_id"] for event in said} == {reason}


async def test_winning_sets_date_and_certainty_and_says_so_in_two_versions(
    app: Any, stage: Stage
) -> None:  # DEA-053, EVT-002, EVT-039
    with clock.frozen(MORNING):
        deal = await app.make(amount={"amount": "99.90", "currency": "EUR"})
    with clock.frozen(MORNING + timedelta(days=10)):
        won = await app.call("POST", f"/deals/{deal['id']}/win", json={})
    assert (won["status"], won["closed_on"], won["probability"]) == ("won", "2026-03-12", 100)
    assert (won["stage"]["name"], won["version"]) == ("Won", 3)
    moved, said = await app.service.said("deals.deal.stage_changed", "deals.deal.won")
    assert (moved.aggregateversion, said.aggregateversion) == (2, 3)
    assert (said.data["cycle_days"], said.data["closed_on"]) == (10, "2026-03-12")
    assert said.data["amount"] == {"amount": "99.90", "currency": "EUR"}
    assert said.data["stage_id"] == stage("Won")
    again = await app.call("POST", f"/deals/{deal['id']}/win", 409, json={})
    assert again["code"] == "deal_closed"  # DEA-057
    await app.call("POST", f"/deals/{deal['id']}/lose", 409, json={})


async def test_reopening_goes_back_to_the_stage_before_and_clears_the_outcome(
    app: Any, stage: Stage
) -> None:  # DEA-055, DEA-056
    reason = await _reason(app)
    deal = await app.make(stage_id=stage("Negotiation"))
    path = f"/deals/{deal['id']}"
    await app.call("POST", f"{path}/lose", json={"reason": reason, "note": "gone"})
    back = await app.call("PATCH", path, json={"closing_reason": None})
    assert (back["status"], back["stage"]["name"], back["probability"]) == (
        "open",
        "Negotiation",
        80,
    )
    cleared = ("closed_on", "lost_at", "won_at", "closing_reason", "note")
    assert [back[name] for name in cleared] == [None] * 5
    (said,) = await app.service.said("deals.deal.reopened")
    assert (said.data["previous"], said.data["stage_id"]) == ("lost", stage("Negotiation"))
    await app.call("POST", f"{path}/win", json={})
    moved = await app.call("POST", f"{path}/move", json={"stage_id": stage("Lead")})
    assert (moved["status"], moved["probability"], moved["closed_on"]) == ("open", 10, None)
    await app.call("POST", f"{path}/reopen", 409, json={})


async def test_entering_the_conditional_win_stamps_the_deal_and_going_back_clears_it(
    app: Any, stage: Stage
) -> None:  # DEA-059, DEA-060
    sales = next(
        p["id"]
        for p in (await app.call("GET", "/pipelines"))["items"]
        if p["name"] == "Sales department"
    )
    packing = {"name": "Packing", "position": 5}
    packing = await app.call("POST", f"/pipelines/{sales}/stages", 201, json=packing)
    deal = await app.make(pipeline_id=sales)

    async def move_to(stage_id: str) -> tuple[str, str | None]:
        body = {"stage_id": stage_id}
        moved = await app.call("POST", f"/deals/{deal['id']}/move", json=body)
        return moved["status"], moved["won_at"]

    with clock.frozen(MORNING):
        stamped = await move_to(stage("First payment", "sales_department"))
    assert stamped == ("open", "2026-03-02T08:00:00Z")
    assert await move_to(packing["id"]) == stamped
    assert await move_to(stage("Shipment", "sales_department")) == stamped  # back, after the win
    assert await move_to(stage("Offer", "sales_department")) == ("open", None)
    assert "deal.won" not in await app.topics()


async def test_a_deal_reopens_at_the_start_if_its_stage_closes_deals_now(
    app: Any, general: str, stage: Stage
) -> None:  # DEA-056
    deal = await app.make(stage_id=stage("Negotiation"))
    path = f"/deals/{deal['id']}"
    await app.call("POST", f"{path}/lose", json={})
    own = f"/pipelines/{general}/stages/{stage('Negotiation')}"
    await app.call("PATCH", own, json={"is_won": True})
    back = await app.call("POST", f"{path}/reopen", json={})
    assert (back["status"], back["stage"]["name"]) == ("open", "Lead")
    await app.call("POST", f"{path}/lose", json={})
    body = {"stage_id": stage("Negotiation")}
    problem = await app.call("POST", f"{path}/reopen", 422, json=body)
    assert problem["errors"][0]["code"] == "stage_not_open"


async def test_moving_a_lost_deal_to_won_keeps_the_new_date_and_drops_the_reason(
    app: Any, stage: Stage
) -> None:  # DEA-057
    deal = await app.make()
    path = f"/deals/{deal['id']}"
    with clock.frozen(MORNING):
        await app.call("POST", f"{path}/lose", json={"reason": await _reason(app)})
    with clock.frozen(MORNING + timedelta(days=5)):
        won = await app.call("POST", f"{path}/move", json={"stage_id": stage("Won")})
    assert (won["closed_on"], won["closing_reason"], won["lost_at"]) == ("2026-03-07", None, None)
    assert (await app.topics())[-2:] == ["deal.stage_changed", "deal.won"]


async def test_a_pipeline_without_closing_stages_changes_the_status_only(app: Any) -> None:
    # DEA-056
    pipeline = await app.call("POST", "/pipelines", 201, json={"name": "Plain"})
    stages = f"/pipelines/{pipeline['id']}/stages"
    await app.call("POST", stages, 201, json={"name": "Only"})
    deal = await app.make(pipeline_id=pipeline["id"])
    path = f"/deals/{deal['id']}"
    lost = await app.call("POST", f"{path}/lose", json={})
    assert (lost["status"], lost["stage"]["name"], lost["version"]) == ("lost", "Only", 2)
    back = await app.call("POST", f"{path}/reopen", json={})
    assert (back["status"], back["stage"]["name"]) == ("open", "Only")
    assert await app.topics() == ["deal.created", "deal.lost", "deal.reopened"]


@pytest.mark.parametrize(
    ("setting", "way", "code"),
    [
        ("deals.require_lost_reason", "lose", "lost_reason_required"),
        ("deals.require_amount_on_won", "win", "won_amount_required"),
    ],
)
async def test_what_a_setting_demands_is_demanded_and_nothing_changes_without(
    app: Any, setting: str, way: str, code: str
) -> None:  # DEA-058
    deal = await app.make()
    await app.set(setting, True)  # noqa: FBT003 - a value
    problem = await app.call("POST", f"/deals/{deal['id']}/{way}", 422, json={})
    assert problem["errors"][0]["code"] == code
    assert await app.call("GET", f"/deals/{deal['id']}") == deal
    assert await app.topics() == ["deal.created"]


async def test_unknown_inactive_and_unfit_reasons_are_refused(app: Any) -> None:  # DEA-058
    deal = await app.make()
    inactive = await _reason(app)
    await app.call("PATCH", f"/closing-reasons/{inactive}", json={"is_active": False})
    won = await _reason(app, "won")
    for reason in (str(uuid7()), inactive, won):
        await app.call("POST", f"/deals/{deal['id']}/lose", 422, json={"reason": reason})
        if reason != won:
            body = {"closing_reason": reason}
            await app.call("PATCH", f"/deals/{deal['id']}", 422, json=body)
    await app.call("POST", f"/deals/{deal['id']}/lose", 422, json={"note": "x" * 1001})
    assert await app.topics() == ["deal.created"]


async def test_a_deal_won_without_customer_finds_or_makes_one(app: Any) -> None:  # DEA-061
    known, unknown = await app.know_company("Known"), await app.know_company("Unknown")
    chosen = await app.know_customer()
    customer = await app.know_customer(company_id=known)
    bodies: tuple[dict[str, str], ...] = (
        {"company_id": str(known)},
        {"company_id": str(unknown)},
        {"company_id": str(known), "customer_id": str(chosen)},
        {},
    )
    for body in bodies:
        deal = await app.make(**body)
        await app.call("POST", f"/deals/{deal['id']}/win", json={})
    found, made, kept, none = [event.data for event in await app.service.said("deals.deal.won")]
    assert (found["customer_id"], found["customer_is_new"]) == (str(customer), False)
    assert made["customer_is_new"]
    assert made["customer_id"] not in (None, str(customer))
    assert (kept["customer_id"], kept["customer_is_new"]) == (str(chosen), False)
    assert (none["customer_id"], none["customer_is_new"]) == (None, False)
    async with app.service.database.reading() as session:
        stored = set(await session.scalars(select(Deal.customer_id)))
    assert {str(id_) for id_ in stored} == {
        str(customer),
        made["customer_id"],
        str(chosen),
        "None",
    }


async def test_no_customer_is_made_once_intake_switched_it_off(app: Any) -> None:  # DEA-061
    switched = intake.SettingChanged(
        change_id=uuid7(), keys={"customers.create_on_won": (True, False)}, way="web"
    )
    await app.hear(switched)
    deal = await app.make(company_id=str(await app.know_company()))
    await app.call("POST", f"/deals/{deal['id']}/win", json={})
    (won,) = await app.service.said("deals.deal.won")
    assert (won.data["customer_id"], won.data["customer_is_new"]) == (None, False)


async def test_losing_cancels_expected_payments_and_reopening_restores_them(app: Any) -> None:
    # DEA-062
    deal = await app.make(amount={"amount": "100", "currency": "EUR"})
    path = f"/deals/{deal['id']}"
    for status in ("received", "guaranteed", "low"):
        body = {
            "amount": {"amount": "10", "currency": "EUR"},
            "date": "2026-01-05",
            "status": status,
        }
        await app.call("POST", f"{path}/payments", 201, json=body)

    async def statuses() -> list[str]:
        payments = (await app.call("GET", f"{path}/payments?sort=created_at"))["items"]
        return [payment["status"] for payment in payments]

    await app.call("POST", f"{path}/lose", json={})
    assert await statuses() == ["received", "cancelled", "cancelled"]
    await app.call("POST", f"{path}/reopen", json={})
    assert await statuses() == ["received", "guaranteed", "low"]
    for status, names in (("cancelled", []), ("guaranteed", ["guaranteed"])):
        found = (await app.call("GET", f"/payments?status={status}"))["items"]
        assert [payment["status"] for payment in found] == names
    entries = (await app.call("GET", f"{path}/timeline"))["items"]
    assert [e["action"] for e in entries].count("payment_changed") == 4
    said = await app.service.said("deals.payment.changed")
    assert [event.data["new"]["status"] for event in said] == [
        "cancelled",
        "cancelled",
        "guaranteed",
        "low",
    ]


async def test_stage_history_is_never_edited(app: Any, stage: Stage) -> None:  # DEA-072
    deal = await app.make()
    await app.call("PATCH", f"/deals/{deal['id']}", 422, json={"stage_history": []})
    await app.call("POST", f"/deals/{deal['id']}/move", json={"stage_id": stage("Lead")})
    async with app.service.database.reading() as session:
        entries = (await session.scalars(select(StageEntry))).all()
    assert len(entries) == 1  # moving to where it is says nothing


async def test_moving_and_closing_need_their_rights_on_the_record(app: Any, stage: Stage) -> None:
    seller = acting_as("deals", "sales_manager", departments=(app.department,))
    leader = acting_as("deals", "team_leader", departments=(app.department,))
    stranger = acting_as("deals", "sales_manager", departments=(uuid7(),))
    deal = await app.make()
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("move", {"stage_id": stage("Proposal")}),
        ("win", {}),
        ("lose", {}),
        ("reopen", {}),
    )
    for way, body in calls:
        path = f"/deals/{deal['id']}/{way}"
        async with app.service.client() as nobody:
            assert (await nobody.post(f"/v1{path}", json=body)).status_code == 401
        await app.call("POST", path, 403, actor=leader, json=body)  # has no such right
        await app.call("POST", path, 403, actor=seller, json=body)  # somebody else's deal
        await app.call("POST", path, 404, actor=stranger, json=body)  # not visible
    assert await app.topics() == ["deal.created"]
    await app.know_user(seller.user_id, "Sam")
    own = await app.make(seller)
    await app.call("POST", f"/deals/{own['id']}/win", actor=seller, json={})
