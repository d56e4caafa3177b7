"""Requests find who wrote them, and users correct what they found."""

import asyncio
from typing import Any
from uuid import UUID

import httpx2

from chassis.testing.service import ServiceUnderTest
from contracts.gateway import UserDeactivated
from intake.consumers import SUBSCRIPTION

ACME = {"name": "Acme GmbH", "email": "office@acme.example", "country": "DE", "city": "Bonn"}
ANNA = {"first_name": "Anna", "last_name": "Berg", "emails": ["anna@acme.example"]}


def left(user_id: UUID) -> UserDeactivated:
    return UserDeactivated(
        user_id=user_id, name="Mia", email="mia@rapport.test", roles=(), team_ids=(),
        department_ids=(), time_zone="UTC", language="en", active=False,
    )  # fmt: skip


async def test_a_known_contact_is_attached_with_its_company(
    *,
    intake: ServiceUnderTest,
    visitor: httpx2.AsyncClient,
    form: str,
    add: Any,
    admin: httpx2.AsyncClient,
    firm: Any,
) -> None:  # INT-023, INT-024, INT-026, INT-027, INT-033, INT-034, INT-044  # fmt: skip
    company = await add("companies", **ACME, owner_id=str(firm.manager.user_id))
    contact = await add("contacts", **ANNA, company_id=company["id"])
    letter = {"name": "A. Berg", "subject": "Pumps", "email": "ANNA@acme.example"}
    for _ in range(2):
        assert (await visitor.post(form, json=letter)).status_code == 201
    request, earlier = (await admin.get("/v1/requests")).json()["items"]
    assert (request["contact_id"], request["company_id"], request["lead_id"]) == (
        contact["id"], company["id"], None,
    )  # fmt: skip
    assert (request["verification_required"], request["match_reasons"]) == (True, ["email"])
    assert (request["company_name"], request["country"], request["city"]) == (
        "Acme GmbH", "DE", "Bonn",
    )  # fmt: skip
    assert request["first_name"] == "A."
    assert request["owner_id"] == str(firm.manager.user_id)
    assert (request["subsequent"], earlier["subsequent"]) == (True, False)
    assert (request["client_requests"], request["warnings"]) == (2, [])
    for plural, record in (("companies", company), ("contacts", contact)):
        now = (await admin.get(f"/v1/{plural}/{record['id']}")).json()
        assert now["client_requests"] == 2
    assert (await admin.get("/v1/leads")).json()["items"] == []
    assert len(await intake.said("intake.request.assigned")) == 2
    confirmed = await admin.post(f"/v1/requests/{request['id']}/confirm-links")
    assert confirmed.json()["verification_required"] is False


async def test_several_candidates_are_offered_and_the_lead_waits_for_the_validation(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-026, INT-029, INT-032
    twins = [await add("contacts", **ANNA) for _ in range(2)]
    request = await add("requests", subject="P", first_name="Anna", email="anna@acme.example")
    assert (request["contact_id"], request["lead_id"]) == (None, None)
    offered = {(c["id"], c["kind"], c["name"], *c["reasons"]) for c in request["candidates"]}
    expected = ("contact", "Anna Berg", "email", "name_domain")
    assert {candidate[0] for candidate in offered} == {twin["id"] for twin in twins}
    assert all(candidate[1:3] == expected[:2] for candidate in offered)
    chosen = await admin.patch(f"/v1/requests/{request['id']}", json={"contact_id": twins[0]["id"]})
    assert (chosen.json()["contact_id"], chosen.json()["candidates"]) == (twins[0]["id"], [])
    other = await add("requests", subject="P", first_name="Anna", email="anna@acme.example")
    validated = (await admin.post(f"/v1/requests/{other['id']}/validate")).json()
    assert validated["lead_id"] is not None
    assert validated["candidates"] == []


async def test_a_company_is_attached_and_its_new_person_becomes_a_contact_when_validated(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-025, INT-030
    company = await add("companies", **ACME)
    request = await add(
        "requests", subject="P", first_name="Bo", last_name="Ek", email="bo@acme.example"
    )
    assert (request["company_id"], request["contact_id"], request["lead_id"]) == (
        company["id"], None, None,
    )  # fmt: skip
    assert request["match_reasons"] == ["domain"]
    validated = (await admin.post(f"/v1/requests/{request['id']}/validate")).json()
    contact = (await admin.get(f"/v1/contacts/{validated['contact_id']}")).json()
    assert (contact["name"], contact["emails"]) == ("Bo Ek", ["bo@acme.example"])
    assert contact["company_id"] == company["id"]
    assert await intake.said("intake.lead.created") == []


async def test_the_lead_may_wait_for_the_validation(
    admin: httpx2.AsyncClient, add: Any, prefer: Any
) -> None:  # INT-029
    await prefer("requests.spawn_lead_on", "validation")
    request = await add("requests", subject="Pumps", first_name="Bo", phone="030 1234567")
    assert (request["lead_id"], request["client_requests"]) == (None, 0)
    validated = (await admin.post(f"/v1/requests/{request['id']}/validate")).json()
    lead = (await admin.get(f"/v1/leads/{validated['lead_id']}")).json()
    assert (lead["title"], lead["contact_phone"]) == ("Pumps", "030 1234567")
    assert validated["client_requests"] == 1


async def test_a_second_request_of_a_new_person_finds_the_contact_the_first_one_made(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-023, INT-030
    company = await add("companies", **ACME)
    person = {"first_name": "Bo", "last_name": "Ek", "email": "bo@acme.example"}
    found, by_hand = [await add("requests", subject=subject, **person) for subject in "AB"]
    links = {"company_id": company["id"]}
    chosen = await add("requests", subject="C", first_name="Bo", **links, phone="030 1234567")
    validated = [
        (await admin.post(f"/v1/requests/{request['id']}/validate")).json()
        for request in (found, by_hand, chosen)
    ]
    (bo, nameless) = (await admin.get("/v1/contacts?sort=-name")).json()["items"]
    assert [request["contact_id"] for request in validated] == [bo["id"], bo["id"], nameless["id"]]
    again = await add("requests", subject="D", first_name="Bo", **links, phone="+49 30 1234567")
    again = (await admin.post(f"/v1/requests/{again['id']}/validate")).json()
    assert (again["contact_id"], again["company_id"]) == (nameless["id"], company["id"])


async def test_every_save_of_a_pending_request_looks_again_and_keeps_what_still_fits(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-023, INT-026
    request = await add("requests", subject="P", first_name="Anna", email="anna@acme.example")
    path = f"/v1/requests/{request['id']}"
    kept = (await admin.patch(path, json={"remark": "Call"})).json()
    assert (kept["lead_id"], kept["verification_required"]) == (request["lead_id"], False)
    contact = await add("contacts", **ANNA)
    found = (await admin.patch(path, json={"remark": "Call today"})).json()
    assert (found["contact_id"], found["lead_id"]) == (contact["id"], None)
    assert found["verification_required"] is True
    confirmed = (await admin.post(f"{path}/confirm-links")).json()
    twin = await add("contacts", **ANNA)
    still = (await admin.patch(path, json={"remark": "Called"})).json()
    assert (still["contact_id"], still["verification_required"]) == (contact["id"], False)
    assert still["version"] == confirmed["version"] + 1
    other = await add("requests", subject="P", first_name="Anna", email="anna@acme.example")
    assert {c["id"] for c in other["candidates"]} == {contact["id"], twin["id"]}


async def test_the_lead_of_a_stranger_takes_over_what_the_request_says(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-028
    source = (await admin.get("/v1/lead-sources")).json()["items"][0]
    request = await add(
        "requests", subject="Pumps", first_name="Dr. Anna", middle_name="Maria", last_name="Berg",
        email="anna@acme.example", phone="030 1234567", website="www.acme.example",
        company_name="Acme", country="DE", city="Bonn", source_id=source["id"],
        owner_id=str(firm.stranger.user_id), team_id=str(firm.team),
    )  # fmt: skip
    lead = (await admin.get(f"/v1/leads/{request['lead_id']}")).json()
    expected = {
        "title": "Pumps", "contact_name": "Dr. Anna Maria Berg", "phone_e164": "+49301234567",
        "contact_email": "anna@acme.example", "contact_phone": "030 1234567", "origin": "request",
        "website": "www.acme.example", "company_name": "Acme", "country": "DE", "city": "Bonn",
        "source_id": source["id"], "owner_id": str(firm.stranger.user_id),
        "department_id": str(firm.service), "team_id": str(firm.team), "client_requests": 1,
    }  # fmt: skip
    assert {name: lead[name] for name in expected} == expected
    (created,) = await intake.said("intake.lead.created")
    assert created.data["request_id"] == request["id"]


async def test_links_set_by_hand_are_never_overwritten(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-023, INT-032, INT-033
    company = await add("companies", **ACME)
    contact = await add("contacts", **ANNA, company_id=company["id"], phone="030 1234567")
    request = await add("requests", subject="P", contact_id=contact["id"], city="Köln")
    assert (request["company_id"], request["verification_required"]) == (company["id"], False)
    assert (request["first_name"], request["last_name"], request["email"]) == (
        "Anna", "Berg", "anna@acme.example",
    )  # fmt: skip
    assert (request["phone"], request["city"], request["country"]) == (
        "030 1234567", "Köln", "DE",
    )  # fmt: skip
    assert request["phone_e164"] == "+49301234567"
    await add("contacts", first_name="Zoe", emails=["zoe@other.example"])
    path = f"/v1/requests/{request['id']}"
    changed = await admin.patch(path, json={"email": "zoe@other.example"})
    assert changed.json()["contact_id"] == contact["id"]
    assert (await admin.post(f"{path}/rematch")).status_code == 409


async def test_changed_data_of_a_pending_request_are_matched_again(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-023, INT-032
    request = await add("requests", subject="P", first_name="Anna", email="typo@acme.example")
    contact = await add("contacts", **ANNA)
    path = f"/v1/requests/{request['id']}"
    assert (await admin.post(f"{path}/rematch")).json()["lead_id"] == request["lead_id"]
    changed = (await admin.patch(path, json={"email": "anna@acme.example"})).json()
    assert (changed["contact_id"], changed["lead_id"]) == (contact["id"], None)
    assert changed["verification_required"] is True


async def test_links_that_contradict_each_other_are_refused(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-032
    acme, other = await add("companies", **ACME), await add("companies", name="Other")
    contact = await add("contacts", **ANNA, company_id=acme["id"])
    lead = await add("leads", title="Lead")
    request = await add("requests", subject="P", first_name="Bo")
    path = f"/v1/requests/{request['id']}"
    before = len(await intake.said())
    for links in (
        {"contact_id": contact["id"], "lead_id": lead["id"]},
        {"lead_id": lead["id"], "company_id": acme["id"]},
        {"contact_id": contact["id"], "company_id": other["id"], "lead_id": None},
    ):
        answer = await admin.patch(path, json=links)
        assert answer.status_code == 422, links
        entered = await admin.post("/v1/requests", json={"subject": "P", **links})
        assert entered.status_code == 422, links
    assert len(await intake.said()) == before
    cleared = await admin.patch(path, json={"lead_id": None})
    assert (cleared.json()["lead_id"], cleared.json()["client_requests"]) == (None, 0)


async def test_a_request_of_somebody_elses_client_shows_a_warning(
    add: Any, firm: Any
) -> None:  # INT-034
    contact = await add("contacts", **ANNA, owner_id=str(firm.operator.user_id))
    request = await add("requests", subject="P", contact_id=contact["id"])
    assert request["owner_id"] == str(firm.admin.user_id)
    assert request["warnings"] == ["client_of_other_owner"]


async def test_an_unowned_request_takes_the_owner_of_the_client_somebody_chooses(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-033, INT-034
    contact = await add("contacts", **ANNA, owner_id=str(firm.operator.user_id))
    request = await add("requests", subject="P", first_name="Bo", owner_id=None)
    assert request["owner_id"] is None
    path = f"/v1/requests/{request['id']}"
    chosen = (await admin.patch(path, json={"lead_id": None, "contact_id": contact["id"]})).json()
    assert (chosen["owner_id"], chosen["warnings"]) == (str(firm.operator.user_id), [])
    assert (chosen["first_name"], chosen["email"]) == ("Bo", "anna@acme.example")
    (assigned,) = await intake.said("intake.request.assigned")
    assert assigned.data["owner_id"] == str(firm.operator.user_id)


async def test_who_left_inherits_no_request_contact_or_customer(
    *,
    intake: ServiceUnderTest,
    visitor: httpx2.AsyncClient,
    admin: httpx2.AsyncClient,
    form: str,
    add: Any,
    firm: Any,
) -> None:  # INT-034, INT-149
    mia, oskar = str(firm.manager.user_id), str(firm.operator.user_id)
    acme = await add("companies", **ACME, owner_id=oskar)
    anna = await add("contacts", **ANNA, owner_id=mia, company_id=acme["id"])
    lead = await add("leads", title="L", contact_email="bo@home.example", owner_id=mia)
    globex = await add("companies", name="Globex", owner_id=mia)
    stray = await add("requests", subject="P", first_name="Z", owner_id=None)
    await intake.hear(SUBSCRIPTION, left(firm.manager.user_id), service="gateway", version=9)
    for address in ("anna@acme.example", "bo@home.example"):
        letter = {"name": "A", "subject": "P", "email": address}
        assert (await visitor.post(form, json=letter)).status_code == 201
    of_bo, of_anna = (await admin.get("/v1/requests?sort=-created_at")).json()["items"][:2]
    assert (of_anna["contact_id"], of_anna["owner_id"]) == (anna["id"], oskar)
    assert (of_bo["lead_id"], of_bo["owner_id"]) == (lead["id"], None)
    links = {"lead_id": lead["id"]}
    chosen = await admin.patch(f"/v1/requests/{stray['id']}", json=links)
    assert (chosen.json()["lead_id"], chosen.json()["owner_id"]) == (lead["id"], None)
    contact = await add("contacts", first_name="Cy", company_id=globex["id"])
    customer = await add("customers", name="Globex", company_id=globex["id"])
    assert [record["owner_id"] for record in (contact, customer)] == [None, None]
    assert contact["department_id"] == customer["department_id"] == globex["department_id"]


async def test_a_converted_lead_is_followed_to_its_contact(
    admin: httpx2.AsyncClient, visitor: httpx2.AsyncClient, form: str, add: Any
) -> None:  # INT-027, INT-084
    letter = {"name": "Anna Berg", "subject": "Pumps", "email": "anna@acme.example"}
    lead = await add("leads", title="L", contact_name="Anna Berg", contact_email=letter["email"])
    converted = await admin.post(f"/v1/leads/{lead['id']}/convert", json={"mode": "auto"})
    assert converted.status_code == 200, converted.text
    await visitor.post(form, json=letter)
    (request,) = (await admin.get("/v1/requests")).json()["items"]
    assert request["contact_id"] == converted.json()["contact_id"]
    customer = converted.json()["customer_id"]
    assert (await admin.delete(f"/v1/customers/{customer}")).status_code == 204
    assert (await admin.delete(f"/v1/contacts/{request['contact_id']}")).status_code == 204
    assert (await visitor.post(form, json=letter)).status_code == 201
    newest = (await admin.get("/v1/requests")).json()["items"][0]
    spawned = (await admin.get(f"/v1/leads/{newest['lead_id']}")).json()
    assert (spawned["contact_email"], spawned["emails"]) == (None, ["anna@acme.example"])
    await visitor.post(form, json=letter)
    again = (await admin.get("/v1/requests")).json()["items"][0]
    assert again["lead_id"] == spawned["id"]


async def test_people_are_still_known_after_their_company_was_renamed(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-024
    company = await add("companies", name="Acme GmbH")
    contact = await add("contacts", first_name="Ann", last_name="Berg", company_id=company["id"])
    await admin.patch(f"/v1/companies/{company['id']}", json={"name": "Globex"})
    person = {"first_name": "Ann", "last_name": "BERG", "subject": "P"}
    found = await add("requests", **person, company_name="globex ag")
    assert found["contact_id"] == contact["id"]
    assert found["match_reasons"] == ["name_company"]
    assert (await add("requests", **person, company_name="Acme"))["contact_id"] is None


async def test_writing_while_the_lead_is_changed_or_converted_never_fails(
    admin: httpx2.AsyncClient, visitor: httpx2.AsyncClient, form: str, add: Any
) -> None:  # INT-084, INT-128
    for number in range(4):
        address = f"anna{number}@acme.example"
        letter = {"name": "Anna Berg", "subject": "Pumps", "email": address}
        lead = await add("leads", title="L", contact_name="Anna", contact_email=address)
        path = f"/v1/leads/{lead['id']}"
        *letters, changed, converted = await asyncio.gather(
            *(visitor.post(form, json=letter) for _ in range(4)),
            admin.patch(path, json={"contact_email": address.upper()}),
            admin.post(f"{path}/convert", json={"mode": "auto"}),
        )
        assert {answer.status_code for answer in letters} == {201}
        assert (changed.status_code, converted.status_code) in ((200, 200), (409, 200))
        became = (
            await admin.get(f"/v1/requests?contact_id={converted.json()['contact_id']}")
        ).json()
        assert len(became["items"]) == 4
        assert {request["client_requests"] for request in became["items"]} == {4}


async def test_writing_while_the_company_moves_never_fails(
    admin: httpx2.AsyncClient, visitor: httpx2.AsyncClient, form: str, add: Any
) -> None:  # INT-008, INT-023, INT-032
    acme = await add("companies", **ACME)
    anna = await add("contacts", **ANNA, phone="030 1234567", company_id=acme["id"])
    letter = {"name": "Anna Berg", "subject": "Pumps", "email": "anna@acme.example"}
    by_hand = {"subject": "Pumps", "contact_id": anna["id"]}
    for number in range(8):
        country = ("AT", "DE")[number % 2]
        *letters, moved = await asyncio.gather(
            *(visitor.post(form, json=letter) for _ in range(3)),
            *(admin.post("/v1/requests", json=by_hand) for _ in range(3)),
            admin.patch(f"/v1/companies/{acme['id']}", json={"country": country}),
        )
        assert [answer.status_code for answer in letters] == [201] * 6
        assert moved.status_code == 200, moved.text
        person = (await admin.get(f"/v1/contacts/{anna['id']}")).json()
        assert person["phone_e164"] == {"AT": None, "DE": "+49301234567"}[country]


async def test_deciding_about_requests_while_their_lead_is_converted_never_fails(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-032, INT-037, INT-050, INT-128
    for number in range(5):
        person = {"first_name": "Anna", "email": f"anna{number}@acme.example"}
        one, two, three = [await add("requests", subject="P", **person) for _ in range(3)]
        stray = await add("requests", subject="P", first_name="Bo")
        lead_id = one["lead_id"]
        *answers, chosen, converted = await asyncio.gather(
            admin.patch(f"/v1/requests/{one['id']}", json={"phone": f"030 555666{number}"}),
            admin.post(f"/v1/requests/{two['id']}/validate"),
            admin.post(f"/v1/requests/{three['id']}/deal"),
            admin.post(f"/v1/requests/{two['id']}/rematch"),
            admin.patch(f"/v1/requests/{stray['id']}", json={"lead_id": lead_id}),
            admin.post(f"/v1/leads/{lead_id}/convert", json={"mode": "auto"}),
        )
        assert [answer.status_code for answer in answers] == [200, 200, 201, 200]
        assert (chosen.status_code, converted.status_code) in ((200, 200), (409, 200), (422, 200))
        left = (await admin.get(f"/v1/requests?lead_id={lead_id}")).json()["items"]
        assert left == []
