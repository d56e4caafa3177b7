"""Currencies, their flags, and dated rates by hand and by file."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chassis.testing.service import acting_as

DAILY = "Date, USD, JPY, TRY, IDR, \n30 October 2026, 1.1172, 175.68, 55.8015, 20275.17, \n"
HISTORY = "Date,USD,JPY,\n2026-10-30,1.1172,175.68,\n2026-10-29,1.113,N/A,\n"
BANK_FILE = Path(__file__).parents[5] / "shared/data/07-exchange-rates/eurofxref-hist.csv"
CSV = {"Content-Type": "text/csv"}
FORM = '--x\r\nContent-Disposition: form-data; name="file"; filename="r.csv"\r\n\r\n{}\r\n--x--\r\n'


async def test_currencies_are_iso_codes_with_their_decimals(app: Any) -> None:  # DEA-099
    made = await app.call("POST", "/currencies", 201, json={"code": "kwd"})
    assert (made["code"], made["decimals"], made["is_active"]) == ("KWD", 3, True)
    await app.call("POST", "/currencies", 409, json={"code": "KWD"})
    for code in ("EURO", "XXX", "BTC", "", None):
        await app.call("POST", "/currencies", 422, json={"code": code})
    await app.call("GET", "/currencies/BRL", 404)
    off = await app.call("PATCH", "/currencies/KWD", json={"is_active": False})
    assert (off["is_active"], off["version"]) == (False, 2)
    amount = {"amount": "1", "currency": "KWD"}
    await app.call("POST", "/deals", 422, json={"name": "x", "amount": amount})


async def _flagged(app: Any, flag: str) -> list[str]:
    currencies = (await app.call("GET", "/currencies?limit=100"))["items"]
    return [currency["code"] for currency in currencies if currency[flag]]


async def test_there_is_always_one_national_currency_and_at_most_one_reporting(app: Any) -> None:
    # DEA-099
    await app.call("PATCH", "/currencies/EUR", 422, json={"is_national": False})
    await app.call("PATCH", "/currencies/EUR", 409, json={"is_active": False})
    await app.call("PATCH", "/currencies/EUR", json={"is_reporting": True})
    async with app.client() as client:
        answers = await asyncio.gather(
            *(
                client.patch(f"/v1/currencies/{code}", json={"is_reporting": True})
                for code in ("USD", "GBP", "JPY")
            )
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len(await _flagged(app, "is_reporting")) == 1
    assert await _flagged(app, "is_national") == ["EUR"]
    (reporting,) = await _flagged(app, "is_reporting")
    await app.call("PATCH", f"/currencies/{reporting}", json={"is_reporting": False})
    assert await _flagged(app, "is_reporting") == []


async def test_a_new_national_currency_rebases_the_stored_rates(app: Any) -> None:  # DEA-099
    for code, rate, kind in (("USD", "0.8", "official"), ("GBP", "1.2", "approximate")):
        body = {"currency": code, "date": "2026-10-30", "rate": rate, "kind": kind}
        await app.call("POST", "/rates", 201, json=body)
    await app.call("PATCH", "/currencies/USD", json={"is_national": True})
    rates = (await app.call("GET", "/rates"))["items"]
    assert {rate["currency"]: (rate["rate"], rate["kind"]) for rate in rates} == {
        "EUR": ("1.25", "official"),
        "GBP": ("1.5", "approximate"),
    }
    assert await _flagged(app, "is_national") == ["USD"]
    said = await app.service.said("deals.rate.recorded")
    assert {e.data["code"]: e.data["rate"] for e in said[-2:]} == {"EUR": "1.25", "GBP": "1.5"}


async def test_a_rate_is_one_per_currency_and_day(app: Any) -> None:  # DEA-100, EVT-049
    body = {"currency": "USD", "date": "2026-10-30", "rate": "0.89509488"}
    rate = await app.call("POST", "/rates", 201, json=body)
    assert (rate["rate"], rate["kind"], rate["version"]) == ("0.89509488", "approximate", 1)
    again = await app.call("POST", "/rates", 200, json={**body, "rate": "0.9", "kind": "official"})
    assert (again["rate"], again["version"]) == ("0.9", 2)
    assert len((await app.call("GET", "/rates"))["items"]) == 1
    wrong: tuple[dict[str, Any], ...] = (
        {"rate": "0"},
        {"rate": "-1"},
        {"rate": "0.123456789"},
        {"rate": 0.5},
        {"currency": "BRL"},
        {"date": "2999-01-01"},
        {"date": "30.10.2026"},
        {"kind": "guess"},
    )
    for part in wrong:
        await app.call("POST", "/rates", 422, json={**body, **part})
    for version, status in (('"1"', 412), ("x", 422)):  # GAT-003
        await app.call("POST", "/rates", status, json=body, headers={"If-Match": version})
    fresh = {**body, "date": "2026-10-29"}
    await app.call("POST", "/rates", 412, json=fresh, headers={"If-Match": '"1"'})
    assert (await app.call("GET", "/rates?currency=usd"))["items"] == [again]
    for code in ("XXX", "BTC", "US"):
        (error,) = (await app.call("GET", f"/rates?currency={code}", 422))["errors"]
        assert error["field"] == "query/currency"
    await app.call("POST", "/rates", 409, json={**body, "currency": "EUR"})
    first, second = await app.service.said("deals.rate.recorded")
    assert (first.data["rate"], second.data["rate"]) == ("0.89509488", "0.9")
    assert (first.aggregate_id, second.aggregateversion) == (second.aggregate_id, 2)


async def test_both_layouts_of_the_banks_file_load_known_currencies(app: Any) -> None:  # DEA-100
    loaded = await app.call("POST", "/rates/import", content=DAILY, headers=CSV)
    assert loaded == {
        "read": 4,
        "stored": 2,
        "created_currencies": [],
        "skipped_currencies": ["IDR", "TRY"],
    }
    form = FORM.format(HISTORY.replace("\n", "\r\n")).encode()
    keyed = {"Idempotency-Key": "rates", "Content-Type": "multipart/form-data; boundary=x"}
    for _ in range(2):
        more = await app.call("POST", "/rates/import", content=form, headers=keyed)
        assert (more["read"], more["stored"]) == (3, 1)  # one is new, the rest is the same
    rates = (await app.call("GET", "/rates?currency=USD"))["items"]
    assert [(rate["date"], rate["rate"]) for rate in rates] == [
        ("2026-10-30", "0.89509488"),
        ("2026-10-29", "0.89847260"[:-1]),
    ]
    created = await app.call("POST", "/rates/import?create=true", content=DAILY, headers=CSV)
    assert created["created_currencies"] == ["IDR", "TRY"]
    (small,) = (await app.call("GET", "/rates?currency=IDR"))["items"]
    assert small["rate"] == "0.00004932"
    said = await app.service.said("deals.rate.recorded")
    assert len(said) == 5
    assert {event.aggregateversion for event in said} == {1}
    assert said[0].event().aggregate_id == said[0].aggregate_id  # as if said one by one


async def test_files_that_are_not_rates_are_refused(app: Any) -> None:
    for content in (
        b"",
        b"Name,Age\n",
        b"Date,USD\n2026-10-30,x\n",
        b"Date,USD\n2026-10-30,1\x00\n",
        b"Date,USD\n2026-10-30,1e-999999\n",
        b'Date,USD\n2026-10-30,"' + b"1" * 200_000,
        b"\xff\xfe\x00",
    ):
        problem = await app.call("POST", "/rates/import", 422, content=content, headers=CSV)
        assert [error["field"] for error in problem["errors"]] == ["/file"], content[:30]
    await app.call("POST", "/rates/import", 415, json={})
    await app.call("POST", "/rates/import", 422, files={"other": ("a.csv", HISTORY)})
    file = {"file": ("a.csv", HISTORY)}
    unread = await app.call("POST", "/rates/import", 422, files=file, data={"is_admin": "1"})
    assert unread["errors"][0]["field"] == "/is_admin"  # GAT-002
    assert (await app.call("GET", "/rates"))["items"] == []


async def test_only_those_with_the_right_change_currencies(app: Any) -> None:
    operator = acting_as("deals", "operator")
    seller = acting_as("deals", "sales_manager")
    async with app.service.client() as nobody:
        assert (await nobody.get("/v1/currencies")).status_code == 401
        assert (
            await nobody.post("/v1/rates/import", content=DAILY, headers=CSV)
        ).status_code == 401
    await app.call("GET", "/rates", actor=operator)
    body = {"currency": "USD", "date": "2026-10-30", "rate": "0.9"}
    await app.call("POST", "/rates", 403, actor=operator, json=body)
    await app.call("POST", "/currencies", 403, actor=operator, json={"code": "BRL"})
    await app.call("PATCH", "/currencies/USD", 403, actor=operator, json={"is_reporting": True})
    await app.call("POST", "/rates/import", 403, actor=operator, content=DAILY, headers=CSV)
    await app.call("POST", "/rates", 201, actor=seller, json=body)


@pytest.mark.skipif(not BANK_FILE.exists(), reason=f"the bank's file is not there: {BANK_FILE}")
async def test_the_banks_whole_history_loads(app: Any) -> None:
    with BANK_FILE.open("rb") as file:
        loaded = await app.call("POST", "/rates/import", content=file.read(), headers=CSV)
    assert loaded["stored"] > 60_000
    (usd,) = (await app.call("GET", "/rates?currency=USD&date_to=1999-01-04"))["items"]
    assert abs(Decimal(usd["rate"]) * Decimal("1.1789") - 1) < Decimal("0.0000001")
