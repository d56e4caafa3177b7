"""Administrators list what was deleted and bring it back (GAT-014)."""

from typing import Any

import httpx2
import pytest

from chassis.testing.service import ServiceUnderTest

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
