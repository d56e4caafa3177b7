"""Companies."""

import asyncio
from typing import Any

import httpx2
import pytest

from chassis.testing.service import ServiceUnderTest
from contracts.gateway import UserDeactivated
from intake.consumers import SUBSCRIPTION
from kernel.ids import uuid7

UNKNOWN = str(uuid7())
FULL = {
    "name": "Acme Pumpen GmbH", "alternative_names": ["Acme"], "website": "https://www.acme.example",
    "phone": "+49 (30) 123-4567", "email": "Office@acme.example", "street": "Weg 1",
    "city": "Köln", "state": "NRW", "postal_code": "50667", "country": "DE",
    "industry": "Water", "description": "Makes pumps", "active": False,
}  # fmt: skip


async def test_a_company_needs_only_a_name_and_keeps_everything_else(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-132, INT-133, INT-071
    bare = await add("companies", name="Globex")
    assert (bare["active"], bare["client_requests"]) == (True, 0)
    company = await add("companies", **FULL, owner_id=str(firm.manager.user_id))
    assert {name: company[name] for name in FULL} == FULL
    assert (company["owner_name"], company["department_id"]) == ("Mia", str(firm.sales))
    assert company["phone_e164"] == "+49301234567"
    assert (await admin.get(f"/v1/companies/{company['id']}")).json() == company
    created = (await intake.said("intake.company.created"))[1]
    assert (created.data["email"], created.data["active"]) == ("Office@acme.example", False)
    toggled = await admin.patch(f"/v1/companies/{company['id']}", json={"active": True})
    assert toggled.json()["active"] is True
    (updated,) = await intake.said("intake.company.updated")
    assert updated.data["changed"] == {"active": [False, True]}


WRONG: tuple[tuple[Any, ...], ...] = (
    ({"name": None}, "/name"),
    ({"name": " "}, "/name"),
    ({"name": "a\u202eb"}, "/name"),
    ({"email": "office"}, "/email"),
    ({"website": "acme"}, "/website"),
    ({"phone": "0"}, "/phone"),
    ({"owner_id": UNKNOWN}, "/owner_id"),
    ({"active": "yes"}, "/active"),
    ({"postal_code": "1" * 21}, "/postal_code"),
)  # fmt: skip


async def test_a_wrong_field_is_named_and_nothing_is_stored(
    intake: ServiceUnderTest,
    admin: httpx2.AsyncClient,
) -> None:  # INT-132, INT-133
    for change, field in WRONG:
        answer = await admin.post("/v1/companies", json={"name": "Acme", **change})
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert await intake.said("intake.company.created") == []


async def test_the_office_address_is_unique(admin: httpx2.AsyncClient, add: Any) -> None:
    # INT-136
    bodies = [{"name": "Acme", "email": f"{name}@acme.example"} for name in ("office", "OFFICE")]
    answers = await asyncio.gather(*(admin.post("/v1/companies", json=b) for b in bodies * 3))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    (acme,) = [answer.json() for answer in answers if answer.status_code == 201]
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refused["code"], refused["company_id"]) == ("company_email_taken", acme["id"])
    other = await add("companies", name="Other")
    path = f"/v1/companies/{other['id']}"
    taken = await admin.patch(path, json={"name": "X", "email": "Office@Acme.example"})
    assert taken.status_code == 409
    assert (await admin.get(path)).json() == other
    own = await admin.patch(
        f"/v1/companies/{acme['id']}", json={"email": "office@ACME.example", "city": "Bonn"}
    )
    assert own.status_code == 200


async def test_companies_are_found_by_parts_of_what_is_known(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-138, INT-139
    await add("companies", **FULL)
    await add("companies", name="Ångström & Søn", email="hej@angstrom.example")

    async def names(query: str) -> list[str]:
        answer = await admin.get(f"/v1/companies?{query}")
        assert answer.status_code == 200, answer.text
        return [item["name"] for item in answer.json()["items"]]

    assert await names("") == ["Acme Pumpen GmbH", "Ångström & Søn"]
    for q in ("pumpen", "OFFICE@", "www.acme", "123-4567", "0301234", "4930123", "030 1234"):
        assert await names(f"q={q}") == ["Acme Pumpen GmbH"], q
    assert await names("q=angstrom son") == []
    assert await names("q=angstr") == ["Ångström & Søn"]
    assert await names("q=SO") == ["Ångström & Søn"]
    assert await names("q=nothing like it") == []
    assert await names("q=%25") == []
    assert await names("active=false") == ["Acme Pumpen GmbH"]
    assert await names("sort=-name&limit=1") == ["Ångström & Søn"]


@pytest.mark.parametrize("kind", ["contacts", "leads", "requests", "customers"])
async def test_a_company_somebody_refers_to_is_not_deleted(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, kind: str
) -> None:
    company = await add("companies", name="Acme")
    link = {"company_id": company["id"]}
    body: dict[str, Any] = {
        "contacts": {"first_name": "Anna"},
        "requests": {"subject": "P", "first_name": "Anna"},
        "customers": {"name": "Acme"},
        "leads": {},
    }[kind]
    path = f"/v1/companies/{company['id']}"
    if kind == "leads":
        lead = await add("leads", title="L", company_name="Acme")
        done = await admin.post(f"/v1/leads/{lead['id']}/convert", json={"mode": "auto"})
        assert done.json()["company_id"] == company["id"]
    else:
        record = await add(kind, **body, **link)
    refused = await admin.delete(path)
    assert refused.status_code == 409
    if kind != "leads":
        assert refused.json()["code"] == f"company_has_{kind}"
        assert (await admin.delete(f"/v1/{kind}/{record['id']}")).status_code == 204
        assert (await admin.delete(path)).status_code == 204
        assert (await admin.get(path)).status_code == 404
        assert len(await intake.said("intake.company.deleted")) == 1


async def test_a_company_that_is_just_getting_a_contact_is_not_deleted(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-146
    for _ in range(5):
        company = await add("companies", name="Acme")
        body = {"first_name": "Anna", "company_id": company["id"]}
        made, deleted = await asyncio.gather(
            admin.post("/v1/contacts", json=body),
            admin.delete(f"/v1/companies/{company['id']}"),
        )
        assert (made.status_code, deleted.status_code) in ((201, 409), (422, 204))


async def test_renaming_a_company_while_its_people_change_never_fails(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-024, INT-136
    company = await add("companies", name="Acme")
    anna = await add("contacts", first_name="Anna", last_name="Berg", company_id=company["id"])
    for number in range(8):
        answers = await asyncio.gather(
            admin.patch(f"/v1/companies/{company['id']}", json={"name": f"Globex {number}"}),
            admin.patch(f"/v1/contacts/{anna['id']}", json={"last_name": f"Berg{number}"}),
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        person = {"first_name": "Anna", "last_name": f"berg{number}", "subject": "P"}
        request = await add("requests", **person, company_name=f"Globex {number} Ltd.")
        assert request["contact_id"] == anna["id"]


async def test_saving_the_same_owner_again_moves_and_refuses_nothing(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-071
    owner = {"owner_id": str(firm.manager.user_id)}
    records = {
        "companies": {"name": "Acme"}, "contacts": {"first_name": "A"}, "customers": {"name": "A"},
        "requests": {"subject": "P", "first_name": "A"},
    }  # fmt: skip
    service = {**owner, "department_id": str(firm.service)}
    made = {kind: await add(kind, **body, **service) for kind, body in records.items()}
    left = UserDeactivated(
        user_id=firm.manager.user_id, name="Mia", email="mia@rapport.test", roles=(), team_ids=(),
        department_ids=(firm.sales,), time_zone="UTC", language="en", active=False,
    )  # fmt: skip
    for _ in range(2):
        for kind, record in made.items():
            path = f"/v1/{kind}/{record['id']}"
            saved = await admin.patch(path, json=owner)
            assert (saved.status_code, saved.json()["version"]) == (200, record["version"])
            assert saved.json()["department_id"] == str(firm.service)
        await intake.hear(SUBSCRIPTION, left, service="gateway", version=9)
    for kind in made:
        body = {**records[kind], **owner}
        assert (await admin.post(f"/v1/{kind}", json=body)).status_code == 422, kind
