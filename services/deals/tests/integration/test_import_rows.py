"""Imports of deals: what rows and files say, and what is told of those that are wrong."""

import json
from typing import Any

from services.deals.tests.importing import MAPPING, NOON, bring, file_of, start
from sqlalchemy import text

from contracts import intake
from contracts.deals import DealCreated, DealWon
from kernel import clock
from kernel.ids import uuid7

GOOD = {"Id": "1", "Title": "Ann's", "Stage": "proposal", "From": "2026-01-02"}
WRONG: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"Title": "x", "Stage": "Nowhere"}, "stage", "stage_unknown"),
    ({"Title": "x", "Agent": "Nobody"}, "owner", "owner_unknown"),
    ({"Title": "x", "Account": "Nothing"}, "company", "company_unknown"),
    ({"Title": "x", "Client": "Nobody"}, "customer", "customer_unknown"),
    ({"Title": "x", "Client": "CUS-13"}, "customer", "customer_blacklisted"),
    ({"Title": "x", "Product": "Nil"}, "product", "product_unknown"),
    ({"Title": ""}, "name", "name_missing"),
    ({"Title": "x" * 251}, "name", "string_too_long"),
    ({"Title": "a\x01b"}, "name", "text_control_character"),
    ({"Title": "x", "Value": "ten"}, "amount", "number_invalid"),
    ({"Title": "x", "Value": "1.234,56"}, "amount", "number_invalid"),
    ({"Title": "x", "Value": "-5"}, "amount", "amount_negative"),
    ({"Title": "x", "Value": "1.005"}, "amount", "amount_too_many_decimals"),
    ({"Title": "x", "Value": "9" * 18}, "amount", "amount_out_of_range"),
    ({"Title": "x", "From": "2026-02-30"}, "created", "date_invalid"),
    ({"Title": "x", "From": "01.02.2026"}, "created", "date_invalid"),
    ({"Title": "x", "From": "0026-02-01"}, "created", "date_too_early"),
    ({"Title": "x", "Stage": "Won", "To": "0001-01-01"}, "closed", "date_too_early"),
    ({"Title": "x", "From": "2999-01-01"}, "created", "created_in_future"),
    ({"Title": "x", "Stage": "Won", "To": "2999-01-01"}, "closed", "closed_in_future"),
    (
        {"Title": "x", "Stage": "Won", "From": "2026-02-02", "To": "2026-02-01"},
        "closed",
        "closed_before_created",
    ),
    ({"Title": "x", "Stage": "Lead", "To": "2026-02-01"}, "closed", "stage_is_open"),
    ({"Title": "x", "Id": "good"}, "external_id", "external_id_repeated"),
)


async def test_wrong_rows_are_told_and_the_right_ones_imported(app: Any) -> None:
    await app.know_customer(code="CUS-13", blacklisted=True)
    rows = [{"Title": "Right", "Id": "good"}, *(row for row, _, _ in WRONG)]
    with clock.frozen(NOON):
        done = await bring(app, file_of(*rows))
    assert (done["created"], done["failed"]) == (1, len(WRONG))
    errors = (await app.call("GET", f"/imports/{done['id']}/errors?limit=100"))["items"]
    found = [(error["line"], error["field"], error["code"]) for error in errors]
    assert found == [(line, field, code) for line, (_, field, code) in enumerate(WRONG, start=3)]


async def test_names_that_mean_two_are_ambiguous(app: Any) -> None:
    for number in range(2):
        await app.know_company("Twin", email="twin@example.com")
        await app.know_customer(code=f"CUS-{number}", name="Twin", email="t@example.com")
        await app.call("POST", "/products", 201, json={"name": "Twin"})
    await app.know_user(uuid7(), "Twin", email="a@example.com")
    await app.know_user(uuid7(), "Twin", email="b@example.com")
    rows = (
        {"Account": "Twin"},
        {"Account": "twin@example.com"},
        {"Client": "Twin"},
        {"Client": "t@example.com"},
        {"Product": "twin"},
        {"Title": "x", "Agent": "twin"},
    )
    done = await bring(app, file_of(*rows))
    errors = (await app.call("GET", f"/imports/{done['id']}/errors"))["items"]
    assert [(e["field"], e["code"]) for e in errors] == [
        ("company", "company_ambiguous"),
        ("company", "company_ambiguous"),
        ("customer", "customer_ambiguous"),
        ("customer", "customer_ambiguous"),
        ("product", "product_ambiguous"),
        ("owner", "owner_ambiguous"),
    ]


async def test_companies_and_customers_are_found_by_code_mail_or_name(app: Any) -> None:
    """DEA-118: the first of these that anybody has; one that was deleted has none."""
    acme = await app.know_company("Acme", email="Info@ÄCME.example")
    at_home = await app.know_company("Toys @ Home")
    first = await app.know_customer(code="CUS-7", name="Acme", email="buy@acme.example")
    second = await app.know_customer(code="CUS-8", name="cus-7", email="CUS-7@acme.example")
    gone = await app.know_customer(code="CUS-9", name="Gone")
    await app.hear(
        intake.CustomerDeleted(
            customer_id=gone, code="CUS-9", name="Gone", discount=0, currency="EUR", terms="cod",
            credit_limit=0, status="active", blacklisted=False,
        ),
        version=2,
    )  # fmt: skip
    rows = (
        ({"Account": "info@xn--cme-pla.EXAMPLE"}, "company", acme),
        ({"Account": "ACME"}, "company", acme),
        ({"Account": "toys @ HOME"}, "company", at_home),
        ({"Client": "cus-7"}, "customer", first),
        ({"Client": "CUS-8"}, "customer", second),
        ({"Client": "BUY@acme.example"}, "customer", first),
        ({"Client": "cus-7@ACME.example"}, "customer", second),
        ({"Client": "acme"}, "customer", first),
        ({"Client": "cus-9"}, "customer", None),
    )
    file = file_of(*({"Title": str(n), **row} for n, (row, _, _) in enumerate(rows)))
    done = await bring(app, file)
    assert (done["created"], done["failed"]) == (8, 1)
    items = (await app.call("GET", "/deals?limit=50"))["items"]
    found = {item["name"]: item for item in items}
    for number, (row, party, id_) in enumerate(rows[:-1]):
        assert found[str(number)][party]["id"] == str(id_), row


async def test_a_customer_of_the_row_is_the_deals_from_the_start(app: Any) -> None:
    """DEA-061, DEA-118: a company that wins is made no customer beside it."""
    await app.know_company("Acme")
    customer = str(await app.know_customer(code="CUS-7", name="Other"))
    rows = [
        {"Stage": "Won", "Account": "Acme", "Client": "CUS-7"},
        {"Stage": "Lead", "Client": "CUS-7"},
        {"Stage": "Won", "Account": "Acme"},
    ]
    done = await bring(app, file_of(*rows))
    assert done["created"] == 3
    created = await app.service.said(DealCreated.topic)
    assert [(c.data["name"], c.data["customer_id"]) for c in created] == [
        ("Acme", customer),
        ("CUS-7", customer),
        ("Acme", None),
    ]
    named, made = await app.service.said(DealWon.topic)
    assert (named.data["customer_id"], named.data["customer_is_new"]) == (customer, False)
    assert (made.data["customer_id"] != customer, made.data["customer_is_new"]) == (True, True)
    page = await app.call("GET", f"/deals?status=all&customer={customer}")
    assert len(page["items"]) == 2


async def test_files_of_other_habits_are_read(app: Any) -> None:
    mapping = {"Name": "name", "Wert": "amount", "Am": "created"}
    options = {"date_format": "DD.MM.YYYY", "decimal_mark": ",", "currency": "USD"}
    content = "Name;Wert;Am\r\nGrün;1234,5;3.2.2026\r\n\r\nBlau;7\r\n".encode("utf-16")
    done = await bring(app, content, mapping=mapping, options=options)
    assert (done["rows"], done["created"]) == (2, 2)
    (deal,) = (await app.call("GET", "/deals?q=grun"))["items"]
    assert deal["amount"] == {"amount": "1234.50", "currency": "USD"}
    assert deal["created_at"].startswith("2026-02-03")


async def test_what_cannot_be_imported_at_all_is_refused_before_anything_is_stored(
    app: Any,
) -> None:
    good = file_of(GOOD)
    refused: tuple[tuple[str | bytes, dict[str, Any]], ...] = (
        (b"\xff\xff\xff", {}),
        ("", {}),
        ('Title\n"open', {"mapping": {"Title": "name"}}),
        ("a,b\n" + ",".join("x" * 3 for _ in range(2)), {"mapping": {"c": "name"}}),
        (",".join(f"c{n}" for n in range(201)), {"mapping": {"c1": "name"}}),
        ("Title,Title\n1,2\n", {"mapping": {"Title": "name"}}),
        (good, {"mapping": {}}),
        (good, {"mapping": {"Title": "colour"}}),
        (good, {"mapping": {"Title": "name", "Id": "name"}}),
        (good, {"options": {"currency": "BRL"}}),
        (good, {"options": {"pipeline_id": str(uuid7())}}),
        (good, {"options": {"date_format": "%Y"}}),
        (good, {"options": {"colour": "red"}}),
    )
    for content, values in refused:
        await start(app, content, 422, **values)
    form = {"mapping": "{", "options": "{}"}
    await app.call("POST", "/imports", 415, data=form)
    plain = {"Content-Type": "text/csv"}  # a mapping has no place beside it
    await app.call("POST", "/imports", 415, content=good, headers=plain)
    await app.call("POST", "/imports", 422, data=form, files={"other": ("deals.csv", good)})
    await app.call("POST", "/imports", 413, content=b"", headers={"Content-Length": "50000001"})
    async with app.service.database.reading() as session:
        assert await session.scalar(text("select count(*) from import_job")) == 0


async def test_what_is_wrong_with_an_import_is_named(app: Any) -> None:  # GAT-002
    good, many = file_of(GOOD), {str(n): "x" for n in range(1001)}
    mapping = json.dumps(MAPPING)
    wrong: tuple[tuple[str | bytes, dict[str, Any], str], ...] = (
        ("", {}, "/file"),
        (b"\xff\xff\xff", {}, "/file"),
        (good.replace("Ann's", "An\0"), {}, "/file"),
        (good + '\n"open', {}, "/file"),
        (good, {"mapping": "{"}, "/mapping"),
        (good, {"mapping": '{"Colour": "name"}'}, "/mapping"),
        (good, {"mapping": json.dumps({"x" * 9_000: "colour"})}, "/mapping/" + "x" * 100),
        (good, {"options": "[]"}, "/options"),
        (good, {"options": '{"currency": "BRL"}'}, "/options/currency"),
        (good, {"options": _aliases({"a\0": "Won"})}, "/options/aliases/stage/a\0/[key]"),
        (good, {"options": _aliases({"a": "b\0"})}, "/options/aliases/stage/a"),
        (good, {"options": _aliases({"a": "x" * 1001})}, "/options/aliases/stage/a"),
        (good, {"options": _aliases(many)}, "/options/aliases/stage"),
        (good, {"is_admin": "1"}, "/is_admin"),
        (good, {"mapping": [mapping, mapping]}, "/mapping"),
    )
    for content, values, field in wrong:
        form = {"mapping": mapping, **values}
        files = {"file": ("deals.csv", content)}
        problem = await app.call("POST", "/imports", 422, data=form, files=files)
        assert [error["field"] for error in problem["errors"]] == [field]
    form = {"options": "{}"}
    files = {"mapping": ("mapping.json", mapping)}
    problem = await app.call("POST", "/imports", 422, data=form, files=files)
    assert problem["errors"][0]["code"] == "file_required"
    async with app.service.database.reading() as session:
        assert await session.scalar(text("select count(*) from import_job")) == 0


def _aliases(names: dict[str, str]) -> str:
    return json.dumps({"aliases": {"stage": names}})
