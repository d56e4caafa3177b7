"""Reading and editing deals, their timeline, and removing them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chassis.testing.service import acting_as
from contracts import gateway, intake
from kernel import clock
from kernel.ids import uuid7

Stage = Callable[..., str]


async def test_the_page_of_a_deal_names_everything_it_points_to(app: Any) -> None:
    # DEA-029, DEA-031, DEA-032
    company = await app.know_company(
        "Acme", website="https://acme.example", phone="+49 (30) 123-45", city="Berlin"
    )
    contact, request, lead = uuid7(), uuid7(), uuid7()
    await app.hear(
        intake.ContactCreated(
            contact_id=contact,
            name="Bob",
            emails=("bob@acme.example",),
            phones=(),
            company_id=company,
            do_not_email=False,
            active=True,
        ),
        intake.RequestReceived(
            request_id=request,
            ticket="t",
            channel="form",
            subject="Need 5",
            person=intake.Person(name="Bob"),
            state="pending",
            kind="commercial",
            primary=True,
            product_ids=(),
            received_at=datetime(2026, 1, 2, 3, tzinfo=UTC),
            client_requests=1,
        ),
        intake.LeadCreated(
            lead_id=lead,
            crm_ref=uuid7(),
            title="Bob's lead",
            status_id=uuid7(),
            priority=0,
            origin="manual",
        ),
    )
    customer = await app.know_customer(name="Acme", discount="12.50")
    deal = await app.make(
        company_id=str(company),
        contact_id=str(contact),
        customer_id=str(customer),
        partner_id=str(contact),
        request_id=str(request),
        lead_id=str(lead),
    )
    assert deal["client"] == {
        "name": "Bob",
        "email": "bob@acme.example",
        "phone": "+49 (30) 123-45",
        "phone_digits": "493012345",
        "website": "https://acme.example",
        "company_id": str(company),
    }
    assert deal["request"] == {
        "id": str(request),
        "subject": "Need 5",
        "date": "2026-01-02T03:00:00Z",
        "channel": "form",
        "description": None,
    }
    assert (deal["company"]["city"], deal["partner"]["name"]) == ("Berlin", "Bob")
    assert (deal["customer"]["discount"], deal["lead"]["name"]) == ("12.5", "Bob's lead")


async def test_every_field_can_be_changed_and_each_change_is_told_and_kept(app: Any) -> None:
    # DEA-030, DEA-033, EVT-036, EVT-037, GAT-016, GAT-017
    deal = await app.make()
    editor, other = acting_as("deals", "administrator"), uuid7()
    await app.know_user(editor.user_id, "Ed")
    await app.know_user(other, "Otto")
    path = f"/deals/{deal['id']}"
    body = {
        "name": "Renamed",
        "description": "Long\ntext",
        "amount": {"amount": "12.30", "currency": "USD"},
        "probability": 55,
        "expected_close": "2026-12-24",
        "priority": 3,
        "important": True,
        "next_step": "Call",
        "next_step_date": "2026-12-01",
        "remind_me": True,
        "country": "DE",
        "city": "Bonn",
        "owner_id": str(other),
    }
    changed = await app.call("PATCH", path, actor=editor, json=body)
    assert {name: changed[name] for name in body if name != "owner_id"} == {
        name: value for name, value in body.items() if name != "owner_id"
    }
    assert (changed["owner"]["name"], changed["updated_by"]["name"]) == ("Otto", "Ed")
    assert (changed["version"], changed["probability_is_manual"]) == (3, True)
    updated, assigned = (await app.service.said())[-2:]
    assert updated.data["changed"]["amount"] == [
        {"currency": "EUR", "amount": "0.00"},
        {"currency": "USD", "amount": "12.30"},
    ]
    assert "owner_id" not in updated.data["changed"]
    assert assigned.data["old_owner_id"] == str(app.admin.user_id)
    assert assigned.data["owner_id"] == str(other)
    entry, first = (await app.call("GET", f"{path}/timeline"))["items"]
    assert (entry["action"], entry["actor"]) == ("changed", str(editor.user_id))
    assert entry["changes"]["name"] == ["Deal", "Renamed"]
    assert first["action"] == "created"
    assert await app.call("PATCH", path, actor=editor, json=body) == changed  # nothing new


async def test_the_timeline_comes_in_pages_and_holds_lines_and_payments(app: Any) -> None:
    # GAT-017
    deal = await app.make()
    path = f"/deals/{deal['id']}"
    for number in range(3):
        await app.call("PATCH", path, json={"name": f"Deal {number}"})
    line = {"text": "Work", "quantity": 1, "total": {"amount": "1", "currency": "EUR"}}
    await app.call("POST", f"{path}/outputs", 201, json=line)
    first = await app.call("GET", f"{path}/timeline?limit=2")
    assert [entry["action"] for entry in first["items"]] == ["line_added", "changed"]
    rest = await app.call("GET", f"{path}/timeline?cursor={first['next_cursor']}")
    assert [entry["action"] for entry in rest["items"]] == ["changed", "changed", "created"]
    assert rest["next_cursor"] is None


async def test_pipeline_and_stage_together_lead_into_another_pipeline(
    app: Any, stage: Stage
) -> None:  # DEA-030
    deal = await app.make()
    path = f"/deals/{deal['id']}"
    target = stage("Proposal", "probability")
    await app.call("PATCH", path, 422, json={"stage_id": target})
    pipelines = (await app.call("GET", "/pipelines"))["items"]
    other = next(p["id"] for p in pipelines if p["name"] == "By probability")
    body = {"pipeline_id": other, "stage_id": stage("Proposal")}
    await app.call("PATCH", path, 422, json=body)
    assert await app.topics() == ["deal.created"]
    moved = await app.call("PATCH", path, json={"pipeline_id": other, "stage_id": target})
    assert (moved["pipeline"]["name"], moved["stage"]["name"]) == ("By probability", "Proposal")
    assert moved["probability"] == 80
    (said,) = await app.service.said("deals.deal.stage_changed")
    assert (said.data["pipeline_id"], said.data["way"]) == (other, "form")


async def test_wrong_edits_change_nothing(app: Any) -> None:
    deal = await app.make()
    path = f"/deals/{deal['id']}"
    wrong: tuple[dict[str, Any], ...] = (
        {"name": ""},
        {"name": None},
        {"amount": None},
        {"amount": {"amount": "1.001", "currency": "EUR"}},
        {"probability": None},
        {"priority": 9},
        {"owner_id": str(uuid7())},
        {"company_id": str(uuid7())},
        {"status": "won"},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"note": "a note without a reason"},
    )
    for body in wrong:
        await app.call("PATCH", path, 422, json=body)
    await app.call("PATCH", path, 412, json={"name": "x"}, headers={"If-Match": '"7"'})
    assert await app.call("GET", path) == deal
    await app.call("POST", f"{path}/win", json={})
    closed = {"amount": {"amount": "1", "currency": "USD"}}
    await app.call("PATCH", path, 422, json=closed)  # a closed deal keeps its currency


async def test_a_removed_deal_is_gone_until_an_administrator_restores_it(app: Any) -> None:
    # GAT-014, EVT-043
    deal = await app.make()
    path = f"/deals/{deal['id']}"
    await app.call("DELETE", path, 204)
    await app.call("GET", path, 404)
    assert (await app.call("GET", "/deals?status=all"))["items"] == []
    seller = acting_as("deals", "sales_manager")
    await app.call("POST", f"{path}/restore", 403, actor=seller)
    restored = await app.call("POST", f"{path}/restore")
    assert restored["version"] == 3
    assert await app.topics() == ["deal.created", "deal.deleted", "deal.restored"]
    payment = {
        "amount": {"amount": "1", "currency": "EUR"},
        "date": "2026-01-01",
        "status": "received",
    }
    await app.call("POST", f"{path}/payments", 201, json=payment)
    await app.call("DELETE", path, 409)


async def test_deals_are_seen_and_edited_within_the_callers_scope(app: Any) -> None:
    seller = acting_as("deals", "sales_manager", departments=(app.department,))
    stranger = acting_as("deals", "sales_manager", departments=(uuid7(),))
    deal = await app.make()
    path = f"/deals/{deal['id']}"
    async with app.service.client() as nobody:
        for method, url in (("GET", path), ("PATCH", path), ("DELETE", path), ("GET", "/deals")):
            assert (await nobody.request(method, f"/v1{url}", json={})).status_code == 401
    await app.call("GET", path, actor=seller)
    await app.call("PATCH", path, 403, actor=seller, json={"name": "x"})
    await app.call("DELETE", path, 403, actor=seller)
    for method, url in (("GET", path), ("GET", f"{path}/timeline"), ("DELETE", path)):
        await app.call(method, url, 404, actor=stranger)
    await app.call("PATCH", path, 404, actor=stranger, json={"name": "x"})
    assert (await app.call("GET", "/deals", actor=stranger))["items"] == []
    assert await app.topics() == ["deal.created"]
    shared = await app.make(co_owner_id=str(await _known(app, stranger)))
    await app.call("PATCH", f"/deals/{shared['id']}", actor=stranger, json={"name": "Ours"})


async def _known(app: Any, actor: Any) -> Any:
    await app.know_user(actor.user_id, "Stranger")
    return actor.user_id


async def test_dates_are_of_the_companys_zone(app: Any) -> None:
    with clock.frozen(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)):
        deal = await app.make()
        won = await app.call("POST", f"/deals/{deal['id']}/win", json={})
    assert won["closed_on"] == "2026-12-31"


async def test_a_team_sees_its_members_deals(app: Any) -> None:
    team = uuid7()
    await app.hear(gateway.TeamChanged(id=team, name="North", active=True), service="gateway")
    leader = acting_as("deals", "team_leader", teams=(team,))
    deal = await app.make(team_id=str(team))
    await app.make()
    (seen,) = (await app.call("GET", "/deals", actor=leader))["items"]
    assert seen["id"] == deal["id"]
