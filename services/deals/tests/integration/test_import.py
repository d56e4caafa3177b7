"""Imports of deals: right rows become deals with their history, each once."""

import asyncio
from collections import Counter
from typing import Any

from services.deals.tests.importing import NOON, bring, file_of, start
from sqlalchemy import func, select, text

from chassis.testing.service import acting_as
from contracts.deals import DealCreated, DealLost, DealStageChanged, DealWon, OutputAdded
from contracts.event import Event
from deals import events
from deals.commands.imports.jobs import run_imports
from deals.models import Deal, Output, StageEntry
from kernel import clock
from kernel.ids import uuid7


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
        done = await bring(
            app, file_of(*GOOD), options={"aliases": {"product": {"GTXPro": "GTX Pro"}}}
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
        done = await bring(
            app, file_of(*GOOD), options={"aliases": {"product": {"GTXPro": "GTX Pro"}}}
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
    await bring(app, file_of(*GOOD), options=aliases)
    again = await bring(app, file_of(*GOOD), options=aliases)
    assert (again["created"], again["skipped"], again["failed"]) == (0, 6, 0)
    other = await bring(app, file_of(*GOOD), options={**aliases, "source": "other"})
    assert other["created"] == 6


async def test_two_imports_at_once_bring_a_deal_once(app: Any) -> None:  # DEA-118
    await app.know_company("Acme")
    rows = [{"Id": str(n), "Title": "x", "Stage": "Won", "Account": "Acme"} for n in range(50)]
    jobs = [await start(app, file_of(*rows)) for _ in range(2)]
    await asyncio.gather(*(run_imports(app.service.database) for _ in range(2)))
    ended = [await app.call("GET", f"/imports/{job['id']}") for job in jobs]
    assert sorted((job["state"], job["created"], job["skipped"]) for job in ended) == [
        ("finished", 0, 50),
        ("finished", 50, 0),
    ]


async def test_a_deleted_deal_can_be_imported_again(app: Any) -> None:
    """GAT-014: it has left the uniqueness checks, and comes back no more once it is there again."""
    file = file_of({"Id": "1", "Title": "Deal"})
    await bring(app, file)
    (old,) = (await app.call("GET", "/deals"))["items"]
    await app.call("DELETE", f"/deals/{old['id']}", 204)
    assert (await bring(app, file))["created"] == 1
    problem = await app.call("POST", f"/deals/{old['id']}/restore", 409)
    assert problem["code"] == "deal_external_id_taken"
    assert (await bring(app, file))["skipped"] == 1


async def test_two_workers_and_a_dead_one_import_a_job_once(app: Any) -> None:  # DEA-118
    database = app.service.database
    job = await start(app, file_of({"Title": "Once", "Stage": "Won"}))
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
    broken = await start(app, file_of({"Title": "Broken"}))
    async with app.service.database.engine.begin() as connection:
        await connection.execute(text("update import_job set content = ''::bytea"))
    fine = await start(app, file_of({"Title": "Fine"}))
    await run_imports(app.service.database)
    assert (await app.call("GET", f"/imports/{broken['id']}"))["state"] == "failed"
    assert (await app.call("GET", f"/imports/{fine['id']}"))["created"] == 1
    assert [d["name"] for d in (await app.call("GET", "/deals"))["items"]] == ["Fine"]


async def test_imports_need_their_right_and_stay_within_it(app: Any) -> None:
    operator = acting_as("deals", "operator", departments=(app.department,))
    seller = acting_as("deals", "sales_manager", departments=(app.department,))
    await app.know_user(operator.user_id, "Otto Operator")
    await app.know_user(uuid7(), "Faraway", department_ids=(uuid7(),))
    content = file_of({"Title": "Mine"}, {"Title": "Not mine", "Agent": "Faraway"})
    async with app.service.client() as nobody:
        assert (await nobody.post("/v1/imports")).status_code == 401
    await start(app, content, 403, actor=seller)
    job = await start(app, content, actor=operator)
    await run_imports(app.service.database)
    done = await app.call("GET", f"/imports/{job['id']}", actor=operator)
    assert (done["created"], done["failed"]) == (1, 1)
    (error,) = (await app.call("GET", f"/imports/{job['id']}/errors", actor=operator))["items"]
    assert error["code"] == "owner_out_of_reach"
    other = acting_as("deals", "operator", departments=(app.department,))
    await app.call("GET", f"/imports/{job['id']}", 404, actor=other)
    await app.call("GET", f"/imports/{job['id']}/errors", 404, actor=other)
