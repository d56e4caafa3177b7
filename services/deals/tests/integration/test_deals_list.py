"""The list of deals and the board: filters, order, pages, sums, and how many queries they take."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chassis.testing.service import acting_as
from contracts import gateway
from deals.api.deal_schemas import DealItem
from kernel import clock
from kernel.ids import uuid7

Stage = Callable[..., str]
START = datetime(2026, 5, 1, 9, tzinfo=UTC)


def _eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


async def _names(app: Any, query: str = "") -> list[str]:
    return [item["name"] for item in (await app.call("GET", f"/deals?{query}"))["items"]]


async def _fill(app: Any, *deals: dict[str, Any]) -> list[dict[str, Any]]:
    """Make deals a day apart, named A, B, C ..."""
    made = []
    for number, values in enumerate(deals):
        with clock.frozen(START + timedelta(days=number)):
            made.append(await app.make(**{"name": chr(ord("A") + number), **values}))
    return made


async def test_the_list_shows_open_deals_newest_first(app: Any, stage: Stage) -> None:
    # DEA-038, DEA-039, DEA-040
    company = await app.know_company()
    (first, *_) = await _fill(app, {"company_id": str(company)}, {}, {"stage_id": stage("Won")}, {})
    assert await _names(app) == ["D", "B", "A"]
    assert await _names(app, "status=won") == ["C"]
    assert await _names(app, "status=closed") == ["C"]
    assert await _names(app, "status=all") == ["D", "C", "B", "A"]
    assert await _names(app, f"stage={stage('Won')}") == ["C"]  # DEA-041
    item = (await app.call("GET", "/deals?limit=3"))["items"][2]
    shown = DealItem.model_validate(item).model_dump(mode="json")
    assert shown == item  # what is written by hand is what the schema promises
    assert (item["company"]["name"], item["stage"]["colour"]) == ("Acme", "#868e96")
    assert (item["id"], item["owner"]["name"]) == (first["id"], "Ada Admin")


async def test_every_order_goes_both_ways_with_empty_values_last(app: Any, stage: Stage) -> None:
    # DEA-039, GAT-005
    await _fill(
        app,
        {"amount": _eur("5"), "expected_close": "2026-07-01", "priority": 1, "probability": 5},
        {"amount": _eur("9"), "stage_id": stage("Proposal"), "priority": 0, "probability": 9},
        {
            "amount": _eur("7"),
            "stage_id": stage("Qualified"),
            "expected_close": "2026-06-01",
            "next_step_date": "2026-06-01",
            "priority": 4,
            "probability": 1,
        },
    )
    orders = {
        "created_at": "ABC",
        "amount": "ACB",
        "priority": "BAC",
        "probability": "CAB",
        "stage": "ACB",
        "name": "ABC",
    }
    for key, order in orders.items():
        assert await _names(app, f"sort={key}") == list(order), key
        assert await _names(app, f"sort=-{key}") == list(order[::-1]), key
    assert await _names(app, "sort=expected_close") == ["C", "A", "B"]
    assert await _names(app, "sort=-expected_close") == ["A", "C", "B"]
    assert (await _names(app, "sort=next_step_date"))[0] == "C"
    assert (await _names(app, "sort=-next_step_date"))[0] == "C"
    for key in (*orders, "expected_close", "next_step_date"):
        seen, cursor = [], ""
        while cursor is not None:
            part = f"&cursor={cursor}" if cursor else ""
            page = await app.call("GET", f"/deals?limit=1&sort=-{key}{part}")
            seen += [item["name"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert sorted(seen) == ["A", "B", "C"], key


async def test_each_filter_finds_its_deals_only(app: Any, stage: Stage) -> None:  # DEA-041
    company, owner, team = await app.know_company("Zeta"), uuid7(), uuid7()
    await app.know_user(owner, "Olga")
    await app.hear(gateway.TeamChanged(id=team, name="North", active=True), service="gateway")
    customer, contact = await app.know_customer(), await app.know_contact()
    partner, lead, request = (
        await app.know_contact("Paul"),
        await app.know_lead(),
        await app.know_request(),
    )
    pipelines = (await app.call("GET", "/pipelines"))["items"]
    product = await app.call("POST", "/products", 201, json={"name": "Lamp"})
    a, b, _ = await _fill(
        app,
        {
            "company_id": str(company),
            "owner_id": str(owner),
            "team_id": str(team),
            "customer_id": str(customer),
            "contact_id": str(contact),
            "partner_id": str(partner),
            "lead_id": str(lead),
            "request_id": str(request),
            "pipeline_id": pipelines[1]["id"],
            "country": "DE",
            "city": "Bonn",
            "priority": 3,
            "important": True,
            "expected_close": "2026-06-01",
            "next_step_date": "2026-01-01",
            "source_id": str(team),
        },
        {"co_owner_id": str(owner), "stage_id": stage("Proposal"), "department_id": None},
        {},
    )
    line = {"product_id": product["id"], "quantity": 1}
    await app.call("POST", f"/deals/{a['id']}/outputs", 201, json=line)
    payment = {"amount": _eur("1"), "date": "2026-01-01", "status": "high"}
    await app.call("POST", f"/deals/{a['id']}/payments", 201, json=payment)
    reason = (await app.call("GET", "/closing-reasons?outcome=lost"))["items"][0]["id"]
    await app.call("POST", f"/deals/{b['id']}/lose", json={"reason": reason})
    only_a = (
        f"company={company}",
        f"owner={owner}",
        f"team={team}",
        f"customer={customer}",
        f"contact={contact}",
        f"partner={partner}",
        f"lead={lead}",
        f"request={request}",
        f"pipeline={pipelines[1]['id']}",
        f"source={team}",
        f"product={product['id']}",
        "country=DE",
        "city=Bonn",
        "priority=3",
        "important=true",
        "has_payments=true",
        "overdue_step=true",
        "expected_from=2026-06-01&expected_to=2026-06-01",
        "next_step_to=2026-01-01",
        "next_step_from=2026-01-01",
        "created_from=2026-05-01&created_to=2026-05-01",
    )
    for query in only_a:
        assert await _names(app, query) == ["A"], query
    assert await _names(app, f"co_owner={owner}&status=all") == ["B"]
    assert await _names(app, f"reason={reason}") == ["B"]
    assert await _names(app, f"reason={reason}&status=open") == []
    today = clock.today()
    assert await _names(app, f"closed_from={today}&status=lost") == ["B"]
    assert await _names(app, f"closed_to={today}&status=lost") == ["B"]
    assert await _names(app, f"closed_to={today - timedelta(days=1)}&status=lost") == []
    assert await _names(app, "has_payments=false") == ["C"]
    assert await _names(app, "overdue_step=false") == ["C"]
    assert await _names(app, f"department={uuid7()}") == []
    assert await _names(app, f"changed_by={app.admin.user_id}") == ["C", "A"]


@pytest.mark.parametrize("name", ["Asia/Tokyo", "America/New_York"])
async def test_a_period_may_reach_to_the_ends_of_the_calendar(app: Any, name: str) -> None:
    # DEA-041
    await app.make()
    before = clock.zone()
    clock.use_zone(ZoneInfo(name))
    try:
        assert await _names(app, "created_from=0001-01-01&created_to=9999-12-31") == ["Deal"]
        assert await _names(app, "created_from=9999-12-31") == []
        assert await _names(app, "created_to=0001-01-01") == []
    finally:
        clock.use_zone(before)


async def test_text_finds_names_steps_codes_tickets_and_clients_closed_or_not(
    app: Any, stage: Stage
) -> None:  # DEA-040, DEA-041, GAT-009
    company = await app.know_company("Müller & Söhne")
    a, *_ = await _fill(
        app,
        {"name": "Grüne Lampen", "description": "für 50 % Rabatt"},
        {"name": "Tables", "next_step": "Phone back", "stage_id": stage("Lost")},
        {"name": "Chairs", "company_id": str(company)},
    )
    finds = {
        "grune": "Grüne Lampen",
        "LAMPEN": "Grüne Lampen",
        "50 %25": "Grüne Lampen",
        "phone b": "Tables",
        "muller": "Chairs",
        a["code"].lower(): "Grüne Lampen",
        a["ticket"]: "Grüne Lampen",
        "ta": "Tables",
    }
    for text, name in finds.items():
        assert await _names(app, f"q={text}") == [name], text
    for text in ("50%25_", "nothing", "%25", "_"):
        assert await _names(app, f"q={text}") == [], text
    for wrong in ("q=", f"q={'x' * 201}", "sort=secret", "limit=0", "colour=red", "priority=9"):
        await app.call("GET", f"/deals?{wrong}", 422)


async def test_totals_are_converted_at_the_rate_of_each_date(app: Any, stage: Stage) -> None:
    # DEA-041, DEA-102
    for code, day, rate in (("USD", "2026-05-02", "0.5"), ("USD", "2026-05-20", "0.8")):
        body = {"currency": code, "date": day, "rate": rate}
        await app.call("POST", "/rates", 201, json=body)
    with clock.frozen(datetime(2026, 5, 2, 12, tzinfo=UTC)):
        await app.make(amount={"amount": "100", "currency": "USD"}, stage_id=stage("Won"))
        await app.make(amount={"amount": "100", "currency": "USD"}, probability=50)
        await app.make(amount=_eur("10"), probability=10)
        await app.make(amount={"amount": "7", "currency": "GBP"})
    with clock.frozen(datetime(2026, 5, 21, 12, tzinfo=UTC)):
        total = await app.call("GET", "/deals/totals?status=all")
        opened = await app.call("GET", "/deals/totals")
    assert total == {
        "number": 4,
        "amount": _eur("140.00"),
        "weighted": _eur("91.00"),
        "missing_rates": ["GBP"],
    }
    assert (opened["number"], opened["amount"]["amount"]) == (3, "90.00")


async def test_the_board_has_a_column_per_stage_with_sums_and_first_cards(
    app: Any, general: str, stage: Stage
) -> None:  # DEA-047
    await _fill(
        app,
        {"amount": _eur("10"), "expected_close": "2026-07-01"},
        {"amount": _eur("30")},
        {"amount": _eur("20"), "expected_close": "2026-06-01", "next_step_date": "2026-06-01"},
        {"amount": _eur("5"), "stage_id": stage("Won")},
    )
    board = await app.call("GET", f"/pipelines/{general}/board")
    columns = board["columns"]
    assert [c["name"] for c in columns] == [
        "Lead",
        "Qualified",
        "Proposal",
        "Negotiation",
        "Won",
        "Lost",
    ]
    lead, won = columns[0], columns[4]
    assert (lead["number"], lead["amount"], lead["weighted"]) == (3, _eur("60.00"), _eur("6.00"))
    assert [card["name"] for card in lead["cards"]] == ["C", "A", "B"]
    assert (won["number"], won["cards"][0]["name"], won["cards"][0]["owner"]["name"]) == (
        1,
        "D",
        "Ada Admin",
    )
    for sort, order in (("newest", "CBA"), ("amount", "BCA"), ("next_step", "CAB")):
        column = (await app.call("GET", f"/pipelines/{general}/board?sort={sort}"))["columns"][0]
        assert [card["name"] for card in column["cards"]] == list(order), sort
    for sort in ("expected_close", "newest", "amount", "next_step"):
        path = f"/pipelines/{general}/board?sort={sort}&limit=1&stage={stage('Lead')}"
        seen, cursor = [], ""
        while cursor is not None:
            part = f"&cursor={cursor}" if cursor else ""
            (column,) = (await app.call("GET", f"{path}{part}"))["columns"]
            seen += [card["name"] for card in column["cards"]]
            cursor = column["next_cursor"]
        assert sorted(seen) == ["A", "B", "C"], sort
    await app.call("GET", f"/pipelines/{uuid7()}/board", 404)


async def test_a_columns_cursor_leads_on_from_the_whole_board_and_fits_nothing_else(
    app: Any, general: str, stage: Stage
) -> None:  # DEA-047, GAT-001, GAT-005
    await _fill(app, *({"amount": _eur(amount)} for amount in ("10", "30", "20")))
    seller = acting_as("deals", "sales_manager", departments=(app.department,))
    path, lead = f"/pipelines/{general}/board", stage("Lead")
    whole = (await app.call("GET", f"{path}?sort=amount&limit=1"))["columns"][0]
    cursor = whole["next_cursor"]
    more = f"{path}?stage={lead}&sort=amount&cursor={cursor}"
    (rest,) = (await app.call("GET", more))["columns"]
    assert [card["name"] for card in whole["cards"] + rest["cards"]] == ["B", "C", "A"]
    assert (rest["next_cursor"], whole["number"]) == (None, 3)
    last_seen = (await app.call("GET", f"{path}?limit=1"))["columns"][0]  # the order by default
    named = f"stage={lead}&sort=expected_close&cursor={last_seen['next_cursor']}"
    (rest,) = (await app.call("GET", f"{path}?{named}"))["columns"]
    assert [card["name"] for card in rest["cards"]] == ["B", "C"]
    await app.call("DELETE", f"/deals/{whole['cards'][0]['id']}", 204)
    (rest,) = (await app.call("GET", more))["columns"]  # the last card seen may be gone
    assert [card["name"] for card in rest["cards"]] == ["C", "A"]
    listed = (await app.call("GET", "/deals?limit=1"))["next_cursor"]
    other = (await app.call("GET", "/pipelines"))["items"][1]["id"]
    for odd, actor in (
        (f"{path}?sort=amount&cursor={cursor}", None),  # of which column?
        (f"{path}?stage={stage('Won')}&sort=amount&cursor={cursor}", None),
        (f"{path}?stage={lead}&sort=newest&cursor={cursor}", None),
        (f"{path}?stage={lead}&cursor={cursor}", None),
        (f"/pipelines/{other}/board?stage={lead}&sort=amount&cursor={cursor}", None),
        (f"{path}?stage={lead}&cursor={listed}", None),
        (f"{path}?stage={lead}&cursor={uuid7()}", None),
        (f"/deals?cursor={cursor}", None),
        (more, seller),
    ):
        problem = await app.call("GET", odd, 400, actor=actor)
        assert problem["code"] == "cursor_invalid", odd


async def test_sums_may_be_larger_than_any_amount(app: Any, general: str) -> None:
    # DEA-041, DEA-047
    for _ in range(2):
        await app.make(amount=_eur("9" * 16 + ".99"))
    sum_ = _eur("19999999999999999.98")
    assert (await app.call("GET", "/deals/totals"))["amount"] == sum_
    board = await app.call("GET", f"/pipelines/{general}/board")
    assert board["columns"][0]["amount"] == sum_


async def test_lists_take_the_same_number_of_queries_whatever_their_length(
    app: Any, general: str
) -> None:  # GAT-008
    paths = ("/deals", f"/pipelines/{general}/board", "/deals/totals")
    counts: list[list[int]] = []
    for _ in range(2):
        for number in range(5):
            await app.make(name=f"Deal {number}", company_id=str(await app.know_company()))
        counts.append([])
        for path in paths:
            with app.service.statements() as statements:
                await app.call("GET", path)
            counts[-1].append(len(statements))
    assert counts[0] == counts[1]
    assert counts[0][0] == 1  # the hot path
