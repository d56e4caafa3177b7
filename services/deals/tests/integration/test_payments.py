"""Payments: sums at dated rates, what is missing, and being paid in full once."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

from chassis.testing.service import acting_as
from kernel import clock
from kernel.ids import uuid7


def _money(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def _received(amount: str, currency: str = "EUR", day: str = "2026-03-02") -> dict[str, Any]:
    return {"amount": _money(amount, currency), "date": day, "status": "received"}


async def _figures(app: Any, deal: dict[str, Any]) -> dict[str, Any]:
    figures: dict[str, Any] = (await app.call("GET", f"/deals/{deal['id']}"))["payments"]
    return figures


async def test_a_payment_is_recorded_from_the_deal_or_from_the_list(app: Any) -> None:
    # DEA-088, EVT-046
    deal = await app.make(amount=_money("100"))
    body = {
        **_received("30"),
        "contract_no": "C1",
        "invoice_no": "I1",
        "order_no": "O1",
        "via_representation": True,
    }
    payment = await app.call("POST", f"/deals/{deal['id']}/payments", 201, json=body)
    assert {name: payment[name] for name in body if name != "amount"} == {
        name: value for name, value in body.items() if name != "amount"
    }
    later = {"deal_id": deal["id"], "amount": _money("5"), "date": "2030-01-01", "status": "low"}
    other = await app.call("POST", "/payments", 201, json=later)
    listed = (await app.call("GET", "/payments"))["items"]
    assert [item["id"] for item in listed] == [other["id"], payment["id"]]
    own = (await app.call("GET", f"/deals/{deal['id']}/payments"))["items"]
    assert own == listed
    for query, number in (
        ("status=received", 1),
        ("date_from=2029-01-01", 1),
        (f"deal={uuid7()}", 0),
        ("date_to=2026-03-02", 1),
    ):
        assert len((await app.call("GET", f"/payments?{query}"))["items"]) == number, query
    said, _ = await app.service.said("deals.payment.recorded")
    assert (said.data["rate"], said.data["status"], said.data["order_no"]) == (
        "1",
        "received",
        "O1",
    )


async def test_paid_is_converted_at_the_payments_own_date_and_missing_rates_are_told(
    app: Any,
) -> None:  # DEA-089, DEA-090, DEA-102
    deal = await app.make(amount=_money("100"))
    path = f"/deals/{deal['id']}/payments"
    for day, rate in (("2026-03-02", "0.9"), ("2026-03-10", "0.8")):
        body = {"currency": "USD", "date": day, "rate": rate}
        await app.call("POST", "/rates", 201, json=body)
    await app.call("POST", path, 201, json=_received("10", "USD", "2026-03-05"))
    await app.call("POST", path, 201, json=_received("10", "USD", "2026-03-12"))
    await app.call("POST", path, 201, json=_received("10"))
    low = {"amount": _money("50"), "date": "2030-01-01", "status": "low"}
    await app.call("POST", path, 201, json=low)
    assert await _figures(app, deal) == {
        "paid": _money("27.00"),
        "expected": _money("73.00"),
        "overpaid": _money("0.00"),
        "missing_rates": [],
        "incomplete": False,
    }
    await app.call("POST", path, 201, json=_received("5", "GBP"))
    await app.call("POST", path, 201, json=_received("5", "USD", "2026-02-01"))
    figures = await _figures(app, deal)
    assert (figures["paid"], figures["incomplete"]) == (_money("27.00"), True)
    assert figures["missing_rates"] == ["GBP", "USD"]
    await app.call("POST", path, 201, json=_received("80"))
    assert (await _figures(app, deal))["overpaid"] == _money("7.00")


async def test_a_rate_holds_for_ten_days_and_todays_for_what_is_expected_later(app: Any) -> None:
    # DEA-090, DEA-102
    deal = await app.make(amount=_money("100"))
    path = f"/deals/{deal['id']}/payments"
    today = clock.today()
    for age, rate in ((40, "0.5"), (0, "0.8")):
        day = str(today - timedelta(days=age))
        body = {"currency": "USD", "date": day, "rate": rate}
        await app.call("POST", "/rates", 201, json=body)
    for age in (30, 29):  # ten and eleven days after the rate
        day = str(today - timedelta(days=age))
        await app.call("POST", path, 201, json=_received("10", "USD", day))
    figures = await _figures(app, deal)
    assert (figures["paid"], figures["missing_rates"]) == (_money("5.00"), ["USD"])
    later = {"amount": _money("10", "USD"), "date": "2990-01-01", "status": "high"}
    await app.call("POST", path, 201, json=later)
    said = await app.service.said("deals.payment.recorded")
    rates = [event.data["rate"] for event in said]
    assert [rate and Decimal(rate) for rate in rates] == [Decimal("0.5"), None, Decimal("0.8")]


async def test_every_change_of_a_payment_is_told_with_what_income_is_made_of(app: Any) -> None:
    # DEA-097, EVT-046, EVT-047
    deal = await app.make(amount=_money("100"))
    path = f"/deals/{deal['id']}"
    low = {"amount": _money("7"), "date": "2026-03-02", "status": "low"}
    expected = await app.call("POST", f"{path}/payments", 201, json=low)
    await app.call("POST", f"{path}/lose", json={})
    late = await app.call("POST", f"{path}/payments", 201, json=low)
    assert late["status"] == "cancelled"
    await app.call("POST", f"{path}/reopen", json={})
    await app.call("PATCH", f"/payments/{expected['id']}", json={"status": "received"})
    await app.call("DELETE", f"/payments/{late['id']}", 204)
    state: dict[str, tuple[str, str] | None] = {}
    for event in await app.service.said(
        "deals.payment.recorded", "deals.payment.changed", "deals.payment.deleted"
    ):
        now = event.data if event.topic.endswith("recorded") else event.data["new"]
        amount = now and now["amount"]["amount"]
        state[event.data["payment_id"]] = (now["status"], amount) if now else None
    assert state == {expected["id"]: ("received", "7.00"), late["id"]: None}


async def test_paid_in_full_is_told_once_until_it_falls_below_again(app: Any) -> None:  # DEA-096
    deal = await app.make(amount=_money("100"))
    path = f"/deals/{deal['id']}/payments"
    await app.call("POST", path, 201, json=_received("60"))
    second = await app.call("POST", path, 201, json=_received("40"))
    await app.call("POST", path, 201, json=_received("1"))
    assert (await app.topics()).count("deal.paid_in_full") == 1
    own = f"/payments/{second['id']}"
    await app.call("PATCH", own, json={"amount": _money("10")})
    await app.call("PATCH", own, json={"amount": _money("40")})
    assert (await app.topics()).count("deal.paid_in_full") == 2
    await app.call("PATCH", f"/deals/{deal['id']}", json={"amount": _money("500")})
    await app.call("PATCH", f"/deals/{deal['id']}", json={"amount": _money("50")})
    said = await app.service.said("deals.deal.paid_in_full")
    assert [event.data["paid"] for event in said] == [_money("100.00"), *[_money("101.00")] * 2]
    assert [event.aggregateversion for event in said] == [2, 3, 6]


async def test_parallel_payments_pay_in_full_once(app: Any) -> None:  # DEA-096
    deal = await app.make(amount=_money("40"))
    async with app.client() as client:
        path = f"/v1/deals/{deal['id']}/payments"
        answers = await asyncio.gather(*(client.post(path, json=_received("10")) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert (await app.topics()).count("deal.paid_in_full") == 1
    assert (await _figures(app, deal))["paid"] == _money("80.00")


async def test_wrong_payments_are_refused(app: Any) -> None:  # DEA-091
    deal = await app.make()
    path = f"/deals/{deal['id']}/payments"
    good = _received("1")
    wrong: tuple[dict[str, Any], ...] = (
        {**good, "amount": _money("0")},
        {**good, "amount": _money("-1")},
        {**good, "amount": _money("1", "XXX")},
        {**good, "amount": _money("1", "BRL")},
        {**good, "status": "paid"},
        {**good, "date": "2999-01-01"},
        {**good, "order_no": "x" * 65},
        {**good, "date": 5},
        {},
    )
    for body in wrong:
        await app.call("POST", path, 422, json=body)
    assert await app.topics() == ["deal.created"]
    expected = {**good, "date": "2999-01-01", "status": "high"}
    payment = await app.call("POST", path, 201, json=expected)
    await app.call("PATCH", f"/payments/{payment['id']}", 422, json={"status": "received"})


async def test_changes_and_deletions_tell_old_and_new(app: Any) -> None:  # DEA-095, EVT-047
    deal = await app.make()
    payment = await app.call("POST", f"/deals/{deal['id']}/payments", 201, json=_received("5"))
    path = f"/payments/{payment['id']}"
    await app.call("PATCH", path, json={"amount": _money("7")}, headers={"If-Match": '"1"'})
    await app.call("PATCH", path, 412, json={"amount": _money("8")}, headers={"If-Match": '"1"'})
    await app.call("DELETE", path, 204)
    await app.call("GET", path, 404)
    changed, deleted = await app.service.said("deals.payment.changed", "deals.payment.deleted")
    old = {"status": "received", "amount": _money("5.00"), "date": "2026-03-02"}
    new = {**old, "amount": _money("7.00")}
    assert (changed.data["old"], changed.data["new"]) == (old, new)
    assert (deleted.data["old"], deleted.data["new"]) == (new, None)
    assert deleted.aggregateversion == 3


async def test_payments_follow_the_scope_of_their_deal(app: Any) -> None:  # DEA-095
    seller = acting_as("deals", "sales_manager", departments=(app.department,))
    accountant = acting_as("deals", "accountant")
    stranger = acting_as("deals", "sales_manager", departments=(uuid7(),))
    deal = await app.make()
    path = f"/deals/{deal['id']}/payments"
    payment = await app.call("POST", path, 201, json=_received("5"))
    low = {**_received("5"), "status": "low"}
    expected = await app.call("POST", path, 201, json=low)
    before = await app.topics()
    own = f"/payments/{payment['id']}"
    async with app.service.client() as nobody:
        for method, url in (("GET", "/payments"), ("POST", path), ("DELETE", own)):
            assert (await nobody.request(method, f"/v1{url}", json={})).status_code == 401
    await app.call("GET", own, actor=seller)
    await app.call("POST", path, 403, actor=seller, json=low)
    await app.call("PATCH", own, 403, actor=seller, json={"order_no": "1"})
    await app.call("DELETE", own, 403, actor=accountant)  # received: needs the right to delete
    for method, url in (("GET", own), ("GET", path), ("POST", path), ("PATCH", own)):
        await app.call(method, url, 404, actor=stranger, json=low if method != "GET" else None)
    assert await app.topics() == before
    await app.call("DELETE", f"/payments/{expected['id']}", 204, actor=accountant)
