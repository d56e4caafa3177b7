"""Reading and editing deals, their timeline, and removing them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chassis.testing.service import acting_as
from contracts import gateway
from deals.api.deal_schemas import DealPatch
from kernel import clock
from kernel.ids import uuid7

Stage = Callable[..., str]


async def test_the_page_of_a_deal_names_everything_it_points_to(app: Any) -> None:
    # DEA-029, DEA-031, DEA-032
    company = await app.know_company(
        "Acme", website="https://acme.example", phone="+49 (30) 123-45", city="Berlin"
    )
    contact = await app.know_contact("Bob", emails=("bob@acme.example",), company_id=company)
    request, lead = await app.know_request("Need 5"), await app.know_lead("Bob's lead")
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
    links = await app.links() | {"owner_id": str(other)}
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
        "source_id": str(uuid7()),
    }
    everything = {*DealPatch.model_fields} - {"pipeline_id", "stage_id", "reason_id", "note"}
    assert {*body, *links} == everything
    changed = await app.call("PATCH", path, actor=editor, json=body | links)
    assert {name: changed[name] for name in body} == body
    assert {field: changed[field.removesuffix("_id")]["id"] for field in links} == links
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
    again = await app.call("PATCH", path, actor=editor, json=body | links)
    assert again == changed  # nothing new


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
    other = f"/deals/{(await app.make())['id']}/timeline"
    for forged in (
        f"{path}/timeline?cursor={rest['items'][0]['id']}",
        f"{other}?cursor={first['next_cursor']}",
    ):
        assert (await app.call("GET", forged, 400))["code"] == "cursor_invalid"
    reader = acting_as("deals", "sales_manager", departments=(app.department,))
    foreign = f"{path}/timeline?cursor={first['next_cursor']}"
    await app.call("GET", foreign, 400, actor=reader)


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


async def test_another_pipeline_does_not_take_the_stage_the_deal_is_in(app: Any) -> None:
    # DEA-030
    deal = await app.make()
    pipelines = (await app.call("GET", "/pipelines"))["items"]
    other = next(p["id"] for p in pipelines if p["name"] == "By probability")
    body = {"pipeline_id": other, "stage_id": deal["stage"]["id"]}
    await app.call("PATCH", f"/deals/{deal['id']}", 422, json=body)
    first = await app.call("PATCH", f"/deals/{deal['id']}", json={"pipeline_id": other})
    assert (first["pipeline"]["id"], first["stage"]["name"]) == (other, "New")


async def test_a_probability_given_with_a_stage_wins_and_a_closed_deal_is_certain(
    app: Any, stage: Stage
) -> None:  # DEA-021, DEA-030, DEA-053
    deal = await app.make()
    path = f"/deals/{deal['id']}"
    body = {"stage_id": stage("Proposal"), "probability": 42}
    moved = await app.call("PATCH", path, json=body)
    assert (moved["probability"], moved["probability_is_manual"]) == (42, True)
    following = await app.call("PATCH", path, json={"stage_id": stage("Negotiation")})
    assert (following["probability"], following["probability_is_manual"]) == (80, False)
    won = {"stage_id": stage("Won"), "probability": 42}
    problem = await app.call("PATCH", path, 422, json=won)
    assert problem["errors"][0]["code"] == "deal_closed"
    assert await app.call("GET", path) == following
    won = await app.call("PATCH", path, json={**won, "probability": 100})
    assert (won["status"], won["probability"], won["probability_is_manual"]) == ("won", 100, False)


async def test_a_form_that_sends_every_field_again_changes_only_what_differs(
    app: Any, stage: Stage
) -> None:  # DEA-056
    deal = await app.make()
    path = f"/deals/{deal['id']}"
    form = {"stage_id": deal["stage"]["id"], "closing_reason": None, "note": None}
    assert await app.call("PATCH", path, json=form) == deal
    lost = await app.call("PATCH", path, json={**form, "stage_id": stage("Lost")})
    assert (lost["status"], lost["stage"]["name"]) == ("lost", "Lost")
    same = await app.call("PATCH", path, json={**form, "stage_id": stage("Lost"), "name": "New"})
    assert (same["status"], same["name"]) == ("lost", "New")
    reasons = (await app.call("GET", "/closing-reasons?outcome=lost"))["items"]
    explained = {"closing_reason": reasons[0]["id"], "note": "Too late"}
    told = await app.call("PATCH", path, json=explained)
    assert (told["closing_reason"]["id"], told["note"]) == (reasons[0]["id"], "Too late")
    cleared = await app.call("PATCH", path, json={**explained, "note": None})
    assert (cleared["status"], cleared["note"]) == ("lost", None)


async def test_a_deal_handed_to_another_department_is_answered_once_more(app: Any) -> None:
    # DEA-030
    head = acting_as("deals", "department_head", departments=(app.department,))
    deal = await app.make()
    path = f"/deals/{deal['id']}"
    other = str(await app.know_department())
    moved = await app.call("PATCH", path, actor=head, json={"department_id": other})
    assert moved["department"]["id"] == other
    await app.call("GET", path, 404, actor=head)


async def test_long_texts_are_kept_whole_and_told_short(app: Any) -> None:
    deal = await app.make(description="\N{GRINNING FACE}" * 10_000)
    text = "\N{PILE OF POO}" * 9_999 + "!"
    path = f"/deals/{deal['id']}"
    await app.call("PATCH", path, json={"description": text[:-1] + "?"})
    changed = await app.call("PATCH", path, json={"description": text})
    assert changed["description"] == text
    told = (await app.service.said("deals.deal.updated"))[-1].data["changed"]["description"]
    assert [len(value) for value in told] == [2000, 2000]


async def test_the_client_of_a_deal_without_company_and_contact_is_its_lead(app: Any) -> None:
    # DEA-032
    lead = await app.know_lead("Lamps", email="ann@lead.example", company_name="Lead Ltd")
    deal = await app.make(lead_id=str(lead))
    client = deal["client"]
    assert (client["name"], client["email"], client["phone"]) == (
        "Lead Ltd",
        "ann@lead.example",
        None,
    )
    company = await app.know_company(phone="0049 30 12345")
    client = (await app.make(company_id=str(company)))["client"]
    assert client["phone_digits"] == "493012345"


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
    await app.call("GET", "/deals?deleted=true", 403, actor=seller)
    (removed,) = (await app.call("GET", "/deals?deleted=true"))["items"]
    assert removed["id"] == deal["id"]
    for version, status in (('"1"', 412), ("x", 422)):  # GAT-003
        headers = {"If-Match": version}
        await app.call("POST", f"{path}/restore", status, headers=headers)
    await app.call("GET", path, 404)
    restored = await app.call("POST", f"{path}/restore", headers={"If-Match": '"2"'})
    assert restored["version"] == 3
    assert (await app.call("GET", "/deals?deleted=true"))["items"] == []
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
