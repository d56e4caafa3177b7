"""Administrators list what was deleted and bring it back (GAT-014)."""

from typing import Any

import httpx2
import pytest

from chassis.testing.service import Actor, ServiceUnderTest

MAIL = "anna@acme.example"
KINDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "leads": ("lead", {"title": "Zeppelin", "contact_email": MAIL}, "lead_id"),
    "companies": ("company", {"name": "Zeppelin", "email": MAIL}, "company_id"),
    "contacts": ("contact", {"first_name": "Zeppelin", "emails": [MAIL]}, "contact_id"),
    "customers": ("customer", {"name": "Zeppelin", "email": MAIL}, ""),
    "requests": ("request", {"subject": "Zeppelin", "first_name": "Anna"}, ""),
}


async def listed(client: httpx2.AsyncClient, kind: str, query: str = "") -> list[str]:
    answer = await client.get(f"/v1/{kind}?{query}")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def refused(client: httpx2.AsyncClient, kind: str, record: dict[str, Any], code: str) -> Any:
    """Try to restore a deleted record, which stays deleted."""
    answer = await client.post(f"/v1/{kind}/{record['id']}/restore")
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert record["id"] in await listed(client, kind, "deleted=true")
    return answer.json()


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_deleted_is_gone_until_an_administrator_restores_it(
    *, intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any, kind: str
) -> None:  # GAT-003, GAT-014, GAT-016
    entity, body, link = KINDS[kind]
    searched = "" if kind == "requests" else "q=zeppelin"
    record = await add(kind, **body, owner_id=str(firm.manager.user_id))
    path = f"/v1/{kind}/{record['id']}"
    assert (await admin.post(f"{path}/restore")).status_code == 404  # it is not deleted

    async def matched() -> bool:
        letter = {"subject": "P", "first_name": "Anna", "email": MAIL}
        request = await add("requests", **letter)
        assert (await admin.delete(f"/v1/requests/{request['id']}")).status_code == 204
        found = bool(request[link] == record["id"])
        if request["lead_id"] and not found:
            assert (await admin.delete(f"/v1/leads/{request['lead_id']}")).status_code == 204
        return found

    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    assert await listed(admin, kind, searched) == []
    assert not link or not await matched()
    (removed,) = (await admin.get(f"/v1/{kind}?deleted=true&{searched}")).json()["items"]
    assert (removed["id"], removed["version"]) == (record["id"], record["version"] + 1)
    nobodys = "owner_id=" + str(firm.stranger.user_id)
    assert await listed(admin, kind, f"deleted=true&{nobodys}") == []
    async with intake.client(firm.manager) as manager:
        for method, url in (("GET", f"/v1/{kind}?deleted=true"), ("POST", f"{path}/restore")):
            forbidden = await manager.request(method, url)
            assert (forbidden.status_code, forbidden.json()["right"]) == (
                403, f"intake.{entity}.delete",
            )  # fmt: skip
    for version, status in ((record["version"], 412), (removed["version"] + 1, 412)):
        stale = await admin.post(f"{path}/restore", headers={"If-Match": f'"{version}"'})
        assert stale.status_code == status
    assert await intake.said(f"intake.{entity}.restored") == []

    current = {"If-Match": f'"{removed["version"]}"'}
    restored = await admin.post(f"{path}/restore", headers=current)
    assert restored.status_code == 200, restored.text
    assert restored.headers["ETag"] == f'"{removed["version"] + 1}"'
    assert restored.json() == (await admin.get(path)).json()
    assert await listed(admin, kind, searched) == [record["id"]]
    assert record["id"] not in await listed(admin, kind, "deleted=true")
    assert not link or await matched()
    (said,) = await intake.said(f"intake.{entity}.restored")
    assert said.data[f"{entity}_id"] == record["id"]
    latest = (await admin.get(f"{path}/timeline")).json()["items"][0]
    assert latest["action"] == "restored"
    assert (await admin.post(f"{path}/restore")).status_code == 404


@pytest.mark.parametrize("kind", ["leads", "companies", "customers"])
async def test_a_record_whose_address_was_given_away_stays_deleted(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, kind: str
) -> None:  # GAT-014
    entity, body, _ = KINDS[kind]
    record = await add(kind, **body)
    assert (await admin.delete(f"/v1/{kind}/{record['id']}")).status_code == 204
    heir = await add(kind, **body)
    problem = await refused(admin, kind, record, f"{entity}_email_taken")
    assert problem[f"{entity}_id"] == heir["id"]
    assert await intake.said(f"intake.{entity}.restored") == []
    assert (await admin.delete(f"/v1/{kind}/{heir['id']}")).status_code == 204
    assert (await admin.post(f"/v1/{kind}/{record['id']}/restore")).status_code == 200


async def test_a_record_needs_the_company_and_contact_it_belongs_to(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # GAT-014, INT-145
    company = await add("companies", name="Acme", country="DE")
    links = {"company_id": company["id"]}
    contact = await add("contacts", first_name="Anna", **links, phone="030 1234567")
    request = await add("requests", subject="P", contact_id=contact["id"])
    customer = await add("customers", name="Anna", contact_id=contact["id"])
    order = (("customers", customer), ("requests", request), ("contacts", contact),
             ("companies", company))  # fmt: skip
    for kind, record in order:
        assert (await admin.delete(f"/v1/{kind}/{record['id']}")).status_code == 204
    for kind, record in order[:3]:
        problem = await refused(admin, kind, record, "company_deleted")
        assert problem["company_id"] == company["id"]
    assert (await admin.post(f"/v1/companies/{company['id']}/restore")).status_code == 200
    await refused(admin, "customers", customer, "contact_deleted")
    moved = await admin.patch(f"/v1/companies/{company['id']}", json={"country": "NL"})
    assert moved.status_code == 200
    back = (await admin.post(f"/v1/contacts/{contact['id']}/restore")).json()
    assert back["phone_e164"] == "+31301234567"  # as its company is now
    heir = await add("customers", name="Heir", contact_id=contact["id"])
    problem = await refused(admin, "customers", customer, "contact_has_customer")
    assert problem["customer_id"] == heir["id"]
    assert (await admin.post(f"/v1/requests/{request['id']}/restore")).status_code == 200


async def test_a_restored_request_belongs_to_what_its_lead_became(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # GAT-014, INT-128
    request = await add("requests", subject="P", first_name="Anna", email=MAIL)
    lead_id = request["lead_id"]
    assert (await admin.delete(f"/v1/requests/{request['id']}")).status_code == 204
    converted = await admin.post(f"/v1/leads/{lead_id}/convert", json={"mode": "auto"})
    assert converted.is_success, converted.text
    lead = (await admin.get(f"/v1/leads/{lead_id}")).json()
    back = (await admin.post(f"/v1/requests/{request['id']}/restore")).json()
    assert back["contact_id"] is not None
    assert (back["lead_id"], back["contact_id"]) == (None, lead["contact_id"])


async def test_a_record_needs_the_source_it_came_from(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # GAT-014
    source = await add("lead-sources", name="Fair")
    link = {"source_id": source["id"]}
    (shipped,) = (await admin.get("/v1/web-forms")).json()["items"]
    form = await add(f"web-forms/{shipped['id']}/copy", name="Fair")
    assert (await admin.patch(f"/v1/web-forms/{form['id']}", json=link)).status_code == 200
    contact = await add("contacts", first_name="Anna", **link)
    tied = {"subject": "P", "contact_id": contact["id"]}
    records = [
        ("requests", await add("requests", **tied, **link)), ("contacts", contact),
        ("leads", await add("leads", title="L", **link)), ("web-forms", form),
    ]  # fmt: skip
    for kind, record in records:
        assert (await admin.delete(f"/v1/lead-sources/{source['id']}")).status_code == 409
        assert (await admin.delete(f"/v1/{kind}/{record['id']}")).status_code == 204
    assert (await admin.delete(f"/v1/lead-sources/{source['id']}")).status_code == 204
    for kind, record in records:
        assert (await refused(admin, kind, record, "source_deleted"))["source_id"] == source["id"]
    assert (await admin.post(f"/v1/lead-sources/{source['id']}/restore")).status_code == 200
    for kind, record in records:
        back = await admin.post(f"/v1/{kind}/{record['id']}/restore")
        assert (back.status_code, back.json()["source_id"]) == (200, source["id"])


@pytest.mark.parametrize("by_setting", [False, True])
async def test_a_restored_lead_has_the_default_status_if_its_own_is_gone(
    *, intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, prefer: Any, by_setting: bool
) -> None:  # GAT-014, INT-085
    statuses = {
        it["code"]: it["id"] for it in (await admin.get("/v1/lead-statuses")).json()["items"]
    }
    status = await add("lead-statuses", name="Waiting")
    lead = await add("leads", title="L", status_id=status["id"])
    for path in (f"leads/{lead['id']}", f"lead-statuses/{status['id']}"):
        assert (await admin.delete(f"/v1/{path}")).status_code == 204
    if by_setting:
        await prefer("leads.default_status", statuses["qualified"])
    default = statuses["qualified" if by_setting else "new"]
    back = await admin.post(f"/v1/leads/{lead['id']}/restore")
    assert (back.status_code, back.json()["status"]["id"]) == (200, default)
    assert (back.json()["date_qualified"] is not None) == by_setting
    assert back.headers["ETag"] == f'"{back.json()["version"]}"'
    restored, moved = (await intake.said())[-2:]
    assert (restored.topic, moved.topic) == (
        "intake.lead.restored", "intake.lead.status_changed",
    )  # fmt: skip
    assert (moved.data["old_id"], moved.data["new_id"]) == (status["id"], default)


@pytest.mark.parametrize("kind", ["lead-sources", "lead-statuses", "web-forms"])
async def test_entries_of_the_dictionaries_are_restored_by_who_may_manage_all(
    *, intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any, kind: str
) -> None:  # GAT-003, GAT-014, GAT-016, INT-100, INT-108
    form = kind == "web-forms"
    right = f"intake.{'web_form' if form else 'dictionary'}.manage"
    before = (await admin.get(f"/v1/{kind}")).json()["items"]
    name = {"name": "Fair"}
    record = await add(f"web-forms/{before[0]['id']}/copy" if form else kind, **name)
    path = f"/v1/{kind}/{record['id']}"
    assert (await admin.post(f"{path}/restore")).status_code == 404
    stale = {"If-Match": '"99"'}
    assert (await admin.delete(path, headers=stale)).status_code == 412
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    assert (await admin.get(f"/v1/{kind}")).json()["items"] == before
    assert await listed(admin, kind, "deleted=true") == [record["id"]]
    narrow = Actor({right.removeprefix("intake."): "department", "dictionary.view": "all",
                    "web_form.view": "all"}, departments=(firm.sales,))  # fmt: skip
    async with intake.client(narrow) as head:
        for method, url in (("GET", f"/v1/{kind}?deleted=true"), ("POST", f"{path}/restore")):
            forbidden = await head.request(method, url)
            assert (forbidden.status_code, forbidden.json()["right"]) == (403, right)
    assert (await admin.post(f"{path}/restore", headers=stale)).status_code == 412
    if not form:
        heir = await add(kind, **name)
        code = "source_name_taken" if kind == "lead-sources" else "status_name_taken"
        assert (await refused(admin, kind, record, code))["id"] == heir["id"]
        assert (await admin.delete(f"/v1/{kind}/{heir['id']}")).status_code == 204
    said = len(await intake.said())
    current = {"If-Match": f'"{record["version"] + 1}"'}
    back = await admin.post(f"{path}/restore", headers=current)
    stamps = {"version": record["version"] + 2, "updated_at": back.json()["updated_at"]}
    assert (back.status_code, back.json()) == (200, {**record, **stamps})
    assert back.headers["ETag"] == f'"{record["version"] + 2}"'
    assert (await admin.get(path)).json() == back.json()
    events = (await intake.said())[said:]
    assert [event.data["deleted"] for event in events] == ([] if form else [False])
    assert (await intake.said("intake.audit.recorded"))[-1].data["action"] == "restored"


async def test_a_restored_status_is_no_second_default(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # GAT-014, INT-097, INT-098
    former = (await admin.get("/v1/lead-statuses")).json()["items"][0]
    assert former["is_default"]
    default = await add("lead-statuses", name="Fresh", is_default=True)
    assert (await admin.delete(f"/v1/lead-statuses/{former['id']}")).status_code == 204
    assert (await admin.post(f"/v1/lead-statuses/{former['id']}/restore")).status_code == 200
    after = (await admin.get("/v1/lead-statuses")).json()["items"]
    assert [status["id"] for status in after if status["is_default"]] == [default["id"]]
    assert (after[0]["id"], after[0]["code"]) == (former["id"], former["code"])


async def test_a_restored_form_is_reached_under_its_token_again(
    admin: httpx2.AsyncClient, visitor: httpx2.AsyncClient, form: str
) -> None:  # GAT-014, INT-013
    (shipped,) = (await admin.get("/v1/web-forms")).json()["items"]
    letter = {"name": "Anna", "subject": "P", "email": MAIL}
    assert (await admin.delete(f"/v1/web-forms/{shipped['id']}")).status_code == 204
    assert (await visitor.get(form)).status_code == 404
    assert (await visitor.post(form, json=letter)).status_code == 404
    assert (await admin.post(f"/v1/web-forms/{shipped['id']}/restore")).status_code == 200
    assert (await visitor.post(form, json=letter)).status_code == 201


async def test_deleted_requests_are_listed_whatever_their_state(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # GAT-014, INT-038, INT-039
    request = await add("requests", subject="P", first_name="Anna")
    path = f"/v1/requests/{request['id']}"
    assert (await admin.post(f"{path}/reject", json={"state": "irrelevant"})).status_code == 200
    assert await listed(admin, "requests") == []
    assert (await admin.delete(path)).status_code == 204
    assert await listed(admin, "requests", "deleted=true") == [request["id"]]
    assert await listed(admin, "requests", "deleted=true&state=irrelevant") == [request["id"]]
    assert await listed(admin, "requests", "deleted=true&state=pending") == []
