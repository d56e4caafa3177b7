"""Requests entered, edited and decided about by users."""

import asyncio
from typing import Any

import httpx2

from chassis.testing.service import ServiceUnderTest
from contracts.gateway import TeamChanged
from intake.consumers import SUBSCRIPTION
from kernel.ids import uuid7

UNKNOWN = str(uuid7())


async def test_a_user_enters_a_request_and_owns_it(
    intake: ServiceUnderTest, firm: Any
) -> None:  # INT-001, INT-002, INT-005, INT-006
    async with intake.client(firm.manager) as manager:
        body = {"subject": "Pumps", "first_name": "Anna", "phone": "030 1234567", "country": "de"}
        answer = await manager.post(
            "/v1/requests", json={**body, "product_ids": [str(firm.product)]}
        )
        assert answer.status_code == 201, answer.text
        request = answer.json()
        again = await manager.get(answer.headers["Location"])
    assert again.json() == request
    assert again.headers["ETag"] == answer.headers["ETag"] == f'"{request["version"]}"'
    assert (request["state"], request["channel"]) == ("pending", "manual")
    assert (request["owner_id"], request["owner_name"]) == (str(firm.manager.user_id), "Mia")
    assert request["department_id"] == str(firm.sales)
    assert (request["phone"], request["phone_e164"]) == ("030 1234567", "+49301234567")
    assert request["product_ids"] == [str(firm.product)]
    (received,) = await intake.said("intake.request.received")
    assert received.departmentid == firm.sales


WRONG: tuple[tuple[Any, ...], ...] = (
    ({"subject": None}, "/subject"),
    ({"subject": "x" * 251}, "/subject"),
    ({"first_name": None}, "/first_name"),
    ({"first_name": "Mr."}, "/first_name"),
    ({"first_name": "x" * 101}, "/first_name"),
    ({"middle_name": "x" * 101}, "/middle_name"),
    ({"last_name": "x" * 101}, "/last_name"),
    ({"company_name": "x" * 201}, "/company_name"),
    ({"phone": "1" * 201}, "/phone"),
    ({"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example"}, "/email"),
    ({"phone": "12 34 56"}, "/phone"),
    ({"email": "anna@"}, "/email"),
    ({"website": "javascript:alert(1)"}, "/website"),
    ({"ticket": "mine"}, "/ticket"),
    ({"created_at": "2020-01-01T00:00:00Z"}, "/created_at"),
    ({"owner_id": UNKNOWN}, "/owner_id"),
    ({"co_owner_id": UNKNOWN}, "/co_owner_id"),
    ({"team_id": UNKNOWN}, "/team_id"),
    ({"department_id": UNKNOWN}, "/department_id"),
    ({"source_id": UNKNOWN}, "/source_id"),
    ({"product_ids": [UNKNOWN]}, "/product_ids"),
    ({"contact_id": UNKNOWN}, "/contact_id"),
    ({"company_id": UNKNOWN}, "/company_id"),
    ({"lead_id": UNKNOWN}, "/lead_id"),
    ({"kind": "joke"}, "/kind"),
    ({"description": "x" * 10_001}, "/description"),
)  # fmt: skip


async def test_a_wrong_field_is_named_and_nothing_is_stored(
    intake: ServiceUnderTest,
    admin: httpx2.AsyncClient,
) -> None:  # INT-001, INT-002, INT-006, INT-008, INT-071
    for change, field in WRONG:
        body = {"subject": "Pumps", "first_name": "Anna", **change}
        answer = await admin.post("/v1/requests", json=body)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert await intake.said("intake.request.received", "intake.lead.created") == []


async def test_the_longest_texts_are_kept(admin: httpx2.AsyncClient, add: Any) -> None:  # INT-001
    longest = {
        "subject": "s" * 250, "first_name": "f" * 100, "middle_name": "m" * 100,
        "last_name": "l" * 100, "company_name": "c" * 200, "phone": "1" * 200,
        "email": f"{'a' * 59}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example",
    }  # fmt: skip
    assert len(longest["email"]) == 250
    request = await add("requests", **longest)
    assert {name: request[name] for name in longest} == longest
    path = f"/v1/requests/{request['id']}"
    assert (await admin.post(f"{path}/validate")).status_code == 200
    lead = f"/v1/leads/{request['lead_id']}"
    assert (await admin.post(f"{lead}/convert", json={"mode": "auto"})).status_code == 200


async def test_the_department_is_the_owners_unless_it_is_given(
    add: Any, firm: Any
) -> None:  # INT-002, INT-071
    owner = {"subject": "P", "first_name": "A", "owner_id": str(firm.stranger.user_id)}
    assert (await add("requests", **owner))["department_id"] == str(firm.service)
    given = await add("requests", **owner, department_id=str(firm.sales), team_id=str(firm.team))
    assert (given["department_id"], given["team_id"]) == (str(firm.sales), str(firm.team))


async def test_the_ticket_never_changes(admin: httpx2.AsyncClient, add: Any) -> None:  # INT-006
    one, two = [await add("requests", subject="P", first_name="A") for _ in range(2)]
    assert one["ticket"] != two["ticket"]
    path = f"/v1/requests/{one['id']}"
    for ticket in ("mine", two["ticket"], None):
        refused = await admin.patch(path, json={"ticket": ticket, "subject": "New"})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "/ticket"
    assert (await admin.get(path)).json() == one


async def test_inactive_users_and_teams_cannot_get_a_request(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-071
    gone = TeamChanged(id=firm.team, name="North", active=False)
    await intake.hear(SUBSCRIPTION, gone, service="gateway", version=2)
    request = await add("requests", subject="P", first_name="A")
    wishes = {"owner_id": firm.former, "co_owner_id": firm.former, "team_id": firm.team}
    for field, inactive in wishes.items():
        body = {"subject": "Pumps", "first_name": "Anna", field: str(inactive)}
        for answer in (
            await admin.post("/v1/requests", json=body),
            await admin.patch(f"/v1/requests/{request['id']}", json={field: str(inactive)}),
        ):
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["field"] == f"/{field}"


async def test_the_states_of_a_request(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-036, INT-037, INT-038, INT-051
    request = await add("requests", subject="Pumps", first_name="Anna")
    path = f"/v1/requests/{request['id']}"
    steps: list[tuple[str, dict[str, Any] | None, int, str | None]] = [
        ("reopen", None, 409, None),
        ("close", None, 409, None),
        ("reject", {"state": "validated"}, 422, None),
        ("reject", {"state": "irrelevant", "reason": "Advertising"}, 200, "irrelevant"),
        ("validate", None, 409, None),
        ("deal", None, 409, "request_irrelevant"),
        ("reopen", None, 200, "pending"),
        ("reject", {"state": "unfulfillable"}, 200, "unfulfillable"),
        ("mark-duplicate", None, 409, None),
        ("deal", None, 409, "request_unfulfillable"),
        ("reopen", None, 200, "pending"),
        ("mark-duplicate", {"original_id": request["id"]}, 422, None),
        ("mark-duplicate", {"original_id": UNKNOWN}, 422, None),
        ("mark-duplicate", None, 200, "duplicate"),
        ("deal", None, 409, "request_duplicate"),
        ("reopen", None, 200, "pending"),
        ("validate", None, 200, "validated"),
        ("reopen", None, 200, "pending"),
    ]
    for step, body, status, state in steps:
        answer = await admin.post(f"{path}/{step}", json=body)
        assert answer.status_code == status, (step, answer.text)
        if state:
            assert answer.json()["state" if status == 200 else "code"] == state, step
    said = [envelope.topic for envelope in await intake.said() if envelope.entity == "request"]
    assert said == [
        "intake.request.received", "intake.request.rejected", "intake.request.reopened",
        "intake.request.rejected", "intake.request.reopened", "intake.request.marked_duplicate",
        "intake.request.reopened", "intake.request.validated", "intake.request.reopened",
    ]  # fmt: skip
    versions = [e.aggregateversion for e in await intake.said() if e.entity == "request"]
    assert versions == list(range(1, 10))


async def test_the_default_list_leaves_out_what_is_of_no_use(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-038
    kept, dropped = [await add("requests", subject=s, first_name="A") for s in ("one", "two")]
    await admin.post(f"/v1/requests/{dropped['id']}/reject", json={"state": "irrelevant"})

    async def listed(query: str) -> list[str]:
        answer = await admin.get(f"/v1/requests{query}")
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await listed("") == [kept["id"]]
    assert await listed("?state=irrelevant") == [dropped["id"]]
    assert await listed("?state=irrelevant&state=pending") == [dropped["id"], kept["id"]]
    assert await listed(f"?ticket={dropped['ticket']}&state=irrelevant") == [dropped["id"]]
    assert await listed(f"?lead_id={kept['lead_id']}") == [kept["id"]]
    assert (await admin.get("/v1/requests?state=lost")).status_code == 422


async def test_a_case_is_closed_and_never_makes_a_deal(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-036
    request = await add("requests", subject="Broken", first_name="Anna", kind="case")
    path = f"/v1/requests/{request['id']}"
    assert (await admin.post(f"{path}/deal")).status_code == 409
    assert (await admin.post(f"{path}/close")).json()["state"] == "closed"
    assert (await admin.post(f"{path}/reopen")).json()["state"] == "pending"
    topics = ("intake.request.case_closed", "intake.request.case_reopened")
    assert len(await intake.said(*topics)) == 2


async def test_only_a_case_is_closed_and_only_a_request_without_deal_becomes_one(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-036
    closed, dealt = [await add("requests", subject="P", first_name="Anna") for _ in range(2)]
    path = f"/v1/requests/{closed['id']}"
    assert (await admin.patch(path, json={"kind": "case"})).status_code == 200
    assert (await admin.post(f"{path}/close")).status_code == 200
    back = await admin.patch(path, json={"kind": "commercial", "subject": "X"})
    assert (back.status_code, back.json()["code"]) == (409, "case_closed")
    assert (await admin.get(path)).json()["subject"] == "P"
    assert (await admin.patch(path, json={"remark": "Ok"})).status_code == 200
    path = f"/v1/requests/{dealt['id']}"
    assert (await admin.post(f"{path}/deal")).status_code == 201
    late = await admin.patch(path, json={"kind": "case"})
    assert (late.status_code, late.json()["code"]) == (409, "request_has_deal")


async def test_deleting_hides_a_request_and_lowers_the_count(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-044
    mail = {"email": "anna@acme.example", "first_name": "Anna"}
    one, two = [await add("requests", subject=subject, **mail) for subject in ("one", "two")]
    assert two["client_requests"] == 2
    async with intake.client(firm.manager) as manager:
        assert (await manager.delete(f"/v1/requests/{one['id']}")).status_code == 403
    assert (await admin.delete(f"/v1/requests/{one['id']}")).status_code == 204
    assert (await admin.get(f"/v1/requests/{one['id']}")).status_code == 404
    assert (await admin.get(f"/v1/requests/{two['id']}")).json()["client_requests"] == 1
    lead = (await admin.get(f"/v1/leads/{two['lead_id']}")).json()
    assert (lead["client_requests"], [r["id"] for r in lead["requests"]]) == (1, [two["id"]])
    assert len(await intake.said("intake.request.deleted")) == 1


async def test_edits_are_audited_and_a_stale_one_is_refused(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # GAT-003, GAT-016, GAT-017, INT-071
    request = await add("requests", subject="Pumps", first_name="Anna")
    path, etag = f"/v1/requests/{request['id']}", f'"{request["version"]}"'
    body = {"subject": "Big pumps", "owner_id": str(firm.manager.user_id)}
    changed = await admin.patch(path, json=body, headers={"If-Match": etag})
    assert changed.status_code == 200, changed.text
    assert changed.json()["subject"] == "Big pumps"
    assert (await admin.patch(path, json=body, headers={"If-Match": etag})).status_code == 412
    same = await admin.patch(path, json=body)
    assert same.headers["ETag"] == changed.headers["ETag"]
    entries = (await admin.get(f"{path}/timeline")).json()["items"]
    assert [entry["action"] for entry in entries] == ["assigned", "updated", "created"]
    assert entries[1]["changes"] == {"subject": ["Pumps", "Big pumps"]}
    assert entries[1]["actor"] == str(firm.admin.user_id)
    first = (await admin.get(f"{path}/timeline?limit=1")).json()
    rest = await admin.get(f"{path}/timeline?limit=1&cursor={first['next_cursor']}")
    assert rest.json()["items"] == entries[1:2]
    assert (await admin.get(f"{path}/timeline?cursor={request['id']}")).status_code == 400
    said = await intake.said("intake.request.updated", "intake.request.assigned")
    assert said[0].data["changed"] == {"subject": ["Pumps", "Big pumps"]}
    assert said[1].data["owner_id"] == str(firm.manager.user_id)


async def test_very_long_texts_can_be_changed(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # an event holds 64 KiB
    texts = dict.fromkeys(("description", "translation", "remark"), "😀" * 10000)
    request = await add("requests", subject="Long", first_name="Anna", **texts)
    other = dict.fromkeys(texts, "🎈" * 10000)
    answer = await admin.patch(f"/v1/requests/{request['id']}", json=other)
    assert answer.status_code == 200, answer.text
    assert answer.json()["remark"] == other["remark"]
    assert (await admin.post(f"/v1/requests/{request['id']}/deal")).status_code == 201


async def test_a_request_makes_one_deal(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-037, INT-050, INT-051, INT-053, INT-055
    request = await add(
        "requests", subject="Pumps", first_name="Anna", email="anna@acme.example", country="DE",
        city="Bonn", remark="Urgent", product_ids=[str(firm.product)],
    )  # fmt: skip
    path = f"/v1/requests/{request['id']}/deal"
    wish = {"pipeline_id": str(firm.pipeline), "amount": {"amount": "1200.50", "currency": "EUR"}}
    answers = await asyncio.gather(*(admin.post(path, json=wish) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    (made,) = [answer.json() for answer in answers if answer.status_code == 201]
    after = (await admin.get(f"/v1/requests/{request['id']}")).json()
    assert (after["state"], after["deal_id"]) == ("validated", made["deal_id"])
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refused["code"], refused["deal_id"]) == ("request_has_deal", made["deal_id"])
    (event,) = await intake.said("intake.request.deal_requested")
    assert event.data == {
        "request_id": request["id"], "deal_id": made["deal_id"], "crm_ref": request["lead_id"],
        "ticket": request["ticket"], "name": "Pumps", "description": "Urgent",
        "owner_id": str(firm.admin.user_id), "co_owner_id": None,
        "department_id": str(firm.sales), "company_id": None, "contact_id": None,
        "lead_id": request["lead_id"], "country": "DE", "city": "Bonn",
        "source_id": None, "product_ids": [str(firm.product)],
        "pipeline_id": str(firm.pipeline), "stage_id": str(firm.default_stage),
        "amount": {"currency": "EUR", "amount": "1200.50"},
    }  # fmt: skip
    assert len(await intake.said("intake.request.validated")) == 1
    for step in ("reopen", "close", "mark-duplicate"):
        answer = await admin.post(f"/v1/requests/{request['id']}/{step}")
        assert answer.status_code == 409, step
    assert (await admin.delete(f"/v1/requests/{request['id']}")).status_code == 409
    lead = (await admin.get(f"/v1/leads/{request['lead_id']}")).json()
    assert lead["deal_id"] == made["deal_id"]


async def test_a_deal_in_no_known_place_is_refused(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-053
    request = await add("requests", subject="Pumps", first_name="Anna")
    path = f"/v1/requests/{request['id']}/deal"
    for wish, field in (
        ({"pipeline_id": UNKNOWN}, "/pipeline_id"),
        ({"stage_id": UNKNOWN}, "/stage_id"),
        ({"pipeline_id": str(firm.pipeline), "stage_id": str(firm.other_stage)}, "/stage_id"),
        ({"amount": {"amount": "1.005", "currency": "EUR"}}, "/amount/amount"),
        ({"amount": {"amount": "1", "currency": "XXX"}}, "/amount/currency"),
    ):
        answer = await admin.post(path, json=wish)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"] == field
    after = (await admin.get(f"/v1/requests/{request['id']}")).json()
    assert (after["state"], after["deal_id"]) == ("pending", None)
    assert await intake.said("intake.request.deal_requested", "intake.request.validated") == []


async def test_validating_an_unowned_request_makes_the_caller_its_owner(
    intake: ServiceUnderTest,
    admin: httpx2.AsyncClient,
    visitor: httpx2.AsyncClient,
    form: str,
    firm: Any,
) -> None:  # INT-037
    await visitor.post(form, json={"name": "A", "subject": "B", "email": "a@acme.example"})
    (request,) = (await admin.get("/v1/requests")).json()["items"]
    assert request["owner_id"] is None
    answer = await admin.post(f"/v1/requests/{request['id']}/validate")
    assert answer.json()["owner_id"] == str(firm.admin.user_id)
    (validated,) = await intake.said("intake.request.validated")
    assert validated.data["owner_id"] == str(firm.admin.user_id)
    assert len(await intake.said("intake.request.assigned")) == 1
