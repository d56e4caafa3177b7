"""Imports of deals: right rows become deals with their history, wrong ones are told, none twice."""

import asyncio
import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, text

from chassis.testing.service import acting_as
from contracts.deals import DealCreated, DealLost, DealStageChanged, DealWon, OutputAdded
from contracts.event import Event
from deals import events
from deals.commands.imports.jobs import run_imports
from deals.models import Deal, Output, StageEntry
from kernel import clock
from kernel.ids import uuid7

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MAPPING = {
    "Id": "external_id",
    "Title": "name",
    "Stage": "stage",
    "Agent": "owner",
    "Account": "company",
    "Product": "product",
    "Value": "amount",
    "From": "created",
    "To": "closed",
    "Why": "lost_reason",
}


def _file(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(MAPPING))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


async def _start(app: Any, content: str | bytes, status: int = 202, **values: Any) -> Any:
    form = {
        "mapping": json.dumps(values.pop("mapping", MAPPING)),
        "options": json.dumps(values.pop("options", {})),
    }
    files = {"file": ("deals.csv", content)}
    return await app.call("POST", "/imports", status, data=form, files=files, **values)


async def _import(app: Any, content: str | bytes, **values: Any) -> dict[str, Any]:
    job = await _start(app, content, **values)
    assert job["state"] == "waiting"
    await run_imports(app.service.database)
    done: dict[str, Any] = await app.call("GET", f"/imports/{job['id']}")
    assert done["state"] == "finished", done
    return done


async def _known(app: Any) -> None:
    await app.know_user(uuid7(), "Olga")
    await app.know_company("Acme")
    price = {"amount": "9.50", "currency": "EUR"}
    await app.call("POST", "/products", 201, json={"name": "GTX Pro", "price": price})


GOOD: tuple[dict[str, str], ...] = (
    {"Id": "1", "Title": "Ann's", "Stage": "proposal", "Agent": "OLGA", "From": "2026-01-02"},
    {
        "Id": "2",
        "Stage": "Won",
        "Agent": "olga@example.com",
        "Account": "acme",
        "Product": "GTXPro",
        "Value": "100.50",
        "From": "2026-01-02",
        "To": "2026-01-12",
    },
    {"Id": "3", "Title": "L", "Stage": "Lost", "Why": "no budget", "To": "2026-02-01"},
    {"Id": "4", "Title": "M", "Stage": "Lost", "Why": "Rain", "To": "2026-02-01", "Value": "7"},
    {"Id": "5", "Product": "GTX Pro", "Account": "Acme"},
    {"Id": "6", "Title": "W", "Stage": "Won", "Account": "Acme", "To": "2026-02-01"},
)


async def test_right_rows_become_deals_with_their_dates_and_outcome(app: Any) -> None:
    # DEA-118, GAT-013
    await _known(app)
    with clock.frozen(NOON):
        done = await _import(
            app, _file(*GOOD), options={"aliases": {"product": {"GTXPro": "GTX Pro"}}}
        )
    assert (done["rows"], done["created"], done["skipped"], done["failed"]) == (6, 6, 0, 0)
    listed = (await app.call("GET", "/deals?status=all&limit=50"))["items"]
    deals = {d["name"]: await app.call("GET", f"/deals/{d['id']}") for d in listed}
    opened, won, lost = deals["Ann's"], deals["GTX Pro - acme"], deals["L"]
    assert (opened["stage"]["name"], opened["probability"]) == ("Proposal", 60)
    assert (opened["owner"]["name"], opened["created_at"]) == ("Olga", "2026-01-02T00:00:00Z")
    assert (won["status"], won["closed_on"], won["amount"]["amount"]) == (
        "won",
        "2026-01-12",
        "100.50",
    )
    assert (won["company"]["name"], won["version"]) == ("Acme", 3)
    first, last = won["stage_history"]
    assert (first["stage"]["name"], last["stage"]["name"]) == ("Lead", "Won")
    assert (last["days_in_previous"], last["way"], last["author"]["name"]) == (
        "10",
        "import",
        "Ada Admin",
    )
    assert (lost["closing_reason"]["name"], lost["note"]) == ("No budget", None)
    assert (deals["M"]["closing_reason"], deals["M"]["note"]) == (None, "Rain")
    (line,) = (await app.call("GET", f"/deals/{won['id']}/outputs"))["items"]
    assert line["total"] == {"amount": "100.50", "currency": "EUR"}
    listed_price = deals["GTX Pro - Acme"]
    (line,) = (await app.call("GET", f"/deals/{listed_price['id']}/outputs"))["items"]
    assert (line["total"]["amount"], listed_price["stage"]["name"]) == ("9.50", "Lead")
    (entry,) = (await app.call("GET", f"/deals/{won['id']}/timeline"))["items"]
    assert (entry["action"], entry["way"]) == ("imported", "import")
    assert await app.call("GET", "/deals?q=gtx&status=won") != {"items": [], "next_cursor": None}


async def test_an_import_says_what_single_changes_would_have_said(app: Any) -> None:
    # DEA-052, EVT-034 to EVT-041, EVT-044
    await _known(app)
    with clock.frozen(NOON):
        done = await _import(
            app, _file(*GOOD), options={"aliases": {"product": {"GTXPro": "GTX Pro"}}}
        )
    said = [e for e in await app.service.said() if e.causationid is None]
    said = [e for e in said if e.topic.split(".")[1] in ("deal", "output", "import")]
    assert Counter(e.topic.removeprefix("deals.") for e in said) == {
        "deal.created": 6,
        "deal.stage_changed": 4,
        "deal.won": 2,
        "deal.lost": 2,
        "output.added": 2,
        "import.finished": 1,
    }
    async with app.service.database.reading() as session:
        deals = {deal.id: deal for deal in await session.scalars(select(Deal))}
        outputs = {output.id: output for output in await session.scalars(select(Output))}
        entries = {e.deal_id: e for e in await session.scalars(
            select(StageEntry).order_by(StageEntry.entered_at))}  # fmt: skip
    cycles = {e.aggregate_id: e.data["cycle_days"] for e in said if e.topic == DealWon.topic}
    new_customers = [e.data["customer_is_new"] for e in said if e.topic == DealWon.topic]
    assert sorted(new_customers) == [False, True]  # one company becomes a customer once

    def expected(told: Event, deal: Deal) -> Event:
        before = deal.stage_before_id or deal.stage_id
        if isinstance(told, DealCreated):
            as_new = {
                "stage_id": before,
                "status": "open",
                "customer_id": None,
                "probability": told.probability,
                "created_on": told.created_on,
                "created_at": deal.created_at if told.created_on else told.created_at,
            }
            return events.deal_created(deal).model_copy(update=as_new)
        if isinstance(told, DealStageChanged):
            return events.deal_stage_changed(deal, before, entries[deal.id])
        if isinstance(told, DealWon):
            is_new = told.customer_is_new
            return events.deal_won(deal, customer_is_new=is_new, cycle_days=cycles[deal.id])
        assert isinstance(told, DealLost)
        return events.deal_lost(deal, irrelevant=False)

    for envelope in said:
        told = envelope.event()
        if isinstance(told, OutputAdded):
            assert told == events.output_added(outputs[told.output_id])
        elif envelope.topic.startswith("deals.deal"):
            assert told == expected(told, deals[told.aggregate_id])
        assert envelope.data.keys() == told.model_dump(mode="json").keys()
        assert (envelope.actorkind, envelope.actor) == ("import", str(app.admin.user_id))
    finished = said[-1]
    assert (finished.aggregate_id, finished.data["created"]) == (_uuid(done["id"]), 6)
    audits = await app.service.said("deals.audit.recorded")
    assert sum(a.data["action"] == "imported" for a in audits) == 6
    assert all(a.event() for a in audits)


def _uuid(value: str) -> Any:
    return type(uuid7())(value)


async def test_a_repeated_import_skips_what_is_there(app: Any) -> None:  # DEA-118
    await _known(app)
    aliases = {"aliases": {"product": {"GTXPro": "GTX Pro"}}}
    await _import(app, _file(*GOOD), options=aliases)
    again = await _import(app, _file(*GOOD), options=aliases)
    assert (again["created"], again["skipped"], again["failed"]) == (0, 6, 0)
    other = await _import(app, _file(*GOOD), options={**aliases, "source": "other"})
    assert other["created"] == 6


async def test_two_imports_at_once_bring_a_deal_once(app: Any) -> None:  # DEA-118
    await app.know_company("Acme")
    rows = [{"Id": str(n), "Title": "x", "Stage": "Won", "Account": "Acme"} for n in range(50)]
    jobs = [await _start(app, _file(*rows)) for _ in range(2)]
    await asyncio.gather(*(run_imports(app.service.database) for _ in range(2)))
    ended = [await app.call("GET", f"/imports/{job['id']}") for job in jobs]
    assert sorted((job["state"], job["created"], job["skipped"]) for job in ended) == [
        ("finished", 0, 50),
        ("finished", 50, 0),
    ]


WRONG: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"Title": "x", "Stage": "Nowhere"}, "stage", "stage_unknown"),
    ({"Title": "x", "Agent": "Nobody"}, "owner", "owner_unknown"),
    ({"Title": "x", "Account": "Nothing"}, "company", "company_unknown"),
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
    rows = [{"Title": "Right", "Id": "good"}, *(row for row, _, _ in WRONG)]
    with clock.frozen(NOON):
        done = await _import(app, _file(*rows))
    assert (done["created"], done["failed"]) == (1, len(WRONG))
    errors = (await app.call("GET", f"/imports/{done['id']}/errors?limit=100"))["items"]
    found = [(error["line"], error["field"], error["code"]) for error in errors]
    assert found == [(line, field, code) for line, (_, field, code) in enumerate(WRONG, start=3)]


async def test_names_that_mean_two_are_ambiguous(app: Any) -> None:
    for _ in range(2):
        await app.know_company("Twin")
        await app.call("POST", "/products", 201, json={"name": "Twin"})
    await app.know_user(uuid7(), "Twin", email="a@example.com")
    await app.know_user(uuid7(), "Twin", email="b@example.com")
    rows = ({"Account": "Twin"}, {"Product": "twin"}, {"Title": "x", "Agent": "twin"})
    done = await _import(app, _file(*rows))
    errors = (await app.call("GET", f"/imports/{done['id']}/errors"))["items"]
    assert [(e["field"], e["code"]) for e in errors] == [
        ("company", "company_ambiguous"),
        ("product", "product_ambiguous"),
        ("owner", "owner_ambiguous"),
    ]


async def test_files_of_other_habits_are_read(app: Any) -> None:
    mapping = {"Name": "name", "Wert": "amount", "Am": "created"}
    options = {"date_format": "DD.MM.YYYY", "decimal_mark": ",", "currency": "USD"}
    content = "Name;Wert;Am\r\nGrün;1234,5;3.2.2026\r\n\r\nBlau;7\r\n".encode("utf-16")
    done = await _import(app, content, mapping=mapping, options=options)
    assert (done["rows"], done["created"]) == (2, 2)
    (deal,) = (await app.call("GET", "/deals?q=grun"))["items"]
    assert deal["amount"] == {"amount": "1234.50", "currency": "USD"}
    assert deal["created_at"].startswith("2026-02-03")


async def test_what_cannot_be_imported_at_all_is_refused_before_anything_is_stored(
    app: Any,
) -> None:
    good = _file(GOOD[0])
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
        await _start(app, content, 422, **values)
    form = {"mapping": "{", "options": "{}"}
    await app.call("POST", "/imports", 415, data=form)
    plain = {"Content-Type": "text/csv"}  # a mapping has no place beside it
    await app.call("POST", "/imports", 415, content=good, headers=plain)
    await app.call("POST", "/imports", 422, data=form, files={"other": ("deals.csv", good)})
    await app.call("POST", "/imports", 413, content=b"", headers={"Content-Length": "50000001"})
    async with app.service.database.reading() as session:
        assert await session.scalar(text("select count(*) from import_job")) == 0


async def test_what_is_wrong_with_an_import_is_named(app: Any) -> None:  # GAT-002
    good, many = _file(GOOD[0]), {str(n): "x" for n in range(1001)}
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


async def test_two_workers_and_a_dead_one_import_a_job_once(app: Any) -> None:  # DEA-118
    database = app.service.database
    job = await _start(app, _file({"Title": "Once", "Stage": "Won"}))
    async with database.engine.begin() as connection:  # as a worker that was killed left it
        await connection.execute(text("update import_job set state = 'running'"))
    await asyncio.gather(*(run_imports(database) for _ in range(4)))
    await run_imports(database)
    done = await app.call("GET", f"/imports/{job['id']}")
    assert (done["state"], done["created"]) == ("finished", 1)
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Deal)) == 1
    assert len(await app.service.said("deals.import.finished")) == 1


async def test_a_job_that_cannot_run_fails_alone_and_stores_nothing(app: Any) -> None:
    broken = await _start(app, _file({"Title": "Broken"}))
    async with app.service.database.engine.begin() as connection:
        await connection.execute(text("update import_job set content = ''::bytea"))
    fine = await _start(app, _file({"Title": "Fine"}))
    await run_imports(app.service.database)
    assert (await app.call("GET", f"/imports/{broken['id']}"))["state"] == "failed"
    assert (await app.call("GET", f"/imports/{fine['id']}"))["created"] == 1
    assert [d["name"] for d in (await app.call("GET", "/deals"))["items"]] == ["Fine"]


async def test_imports_need_their_right_and_stay_within_it(app: Any) -> None:
    operator = acting_as("deals", "operator", departments=(app.department,))
    seller = acting_as("deals", "sales_manager", departments=(app.department,))
    await app.know_user(operator.user_id, "Otto Operator")
    await app.know_user(uuid7(), "Faraway", department_ids=(uuid7(),))
    content = _file({"Title": "Mine"}, {"Title": "Not mine", "Agent": "Faraway"})
    async with app.service.client() as nobody:
        assert (await nobody.post("/v1/imports")).status_code == 401
    await _start(app, content, 403, actor=seller)
    job = await _start(app, content, actor=operator)
    await run_imports(app.service.database)
    done = await app.call("GET", f"/imports/{job['id']}", actor=operator)
    assert (done["created"], done["failed"]) == (1, 1)
    (error,) = (await app.call("GET", f"/imports/{job['id']}/errors", actor=operator))["items"]
    assert error["code"] == "owner_out_of_reach"
    other = acting_as("deals", "operator", departments=(app.department,))
    await app.call("GET", f"/imports/{job['id']}", 404, actor=other)
    await app.call("GET", f"/imports/{job['id']}/errors", 404, actor=other)
