"""Contacts and customers."""

import asyncio
from typing import Any

import httpx2

from chassis.testing.service import ServiceUnderTest
from kernel.ids import uuid7

UNKNOWN = str(uuid7())
ANNA = {
    "first_name": "Dr. Anna", "middle_name": "Maria", "last_name": "Berg",
    "emails": ["anna@acme.example", "berg@home.example"], "phone": "030 1234567",
    "mobile": "0171 7654321", "office_phone": "030 7654321", "job_title": "Buyer",
    "department_name": "Purchase", "street": "Weg 1", "city": "Bonn", "state": "NRW",
    "postal_code": "53111", "birth_date": "1980-02-29", "sex": "female",
    "description": "Likes pumps", "do_not_email": True, "do_not_call": True, "active": True,
}  # fmt: skip


async def test_a_contact_keeps_its_fields_and_takes_owner_and_country_from_the_company(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-147, INT-008
    company = await add("companies", name="Acme", country="DE", owner_id=str(firm.manager.user_id))
    contact = await add("contacts", **ANNA, company_id=company["id"])
    assert {name: contact[name] for name in ANNA} == ANNA
    assert (contact["name"], contact["company_name"]) == ("Dr. Anna Maria Berg", "Acme")
    assert (contact["owner_name"], contact["phone_e164"]) == ("Mia", "+49301234567")
    (created,) = await intake.said("intake.contact.created")
    assert created.data["emails"] == ANNA["emails"]
    assert created.data["phones"] == ["030 1234567", "0171 7654321", "030 7654321"]
    for query, found in (
        ("q=maria", 1), ("q=home.example", 1), ("q=7654321", 1), ("q=zz", 0),
        (f"company_id={company['id']}", 1), ("active=false", 0),
    ):  # fmt: skip
        assert len((await admin.get(f"/v1/contacts?{query}")).json()["items"]) == found, query
    moved = await admin.patch(f"/v1/contacts/{contact['id']}", json={"company_id": None})
    assert moved.json()["company_id"] is None
    timeline = (await admin.get(f"/v1/contacts/{contact['id']}/timeline")).json()["items"]
    assert timeline[0]["changes"] == {"company_id": [company["id"], None]}


WRONG: tuple[tuple[Any, ...], ...] = (
    ({"first_name": None}, "/first_name"),
    ({"first_name": "x" * 101}, "/first_name"),
    ({"first_name": "Dr."}, "/first_name"),
    ({"emails": ["x"]}, "/emails/0"),
    ({"emails": [f"a{number}@x.example" for number in range(21)]}, "/emails"),
    ({"emails": None}, "/emails"),
    ({"sex": "robot"}, "/sex"),
    ({"company_id": UNKNOWN}, "/company_id"),
    ({"source_id": UNKNOWN}, "/source_id"),
)  # fmt: skip


async def test_a_wrong_contact_is_refused(
    intake: ServiceUnderTest,
    admin: httpx2.AsyncClient,
) -> None:  # INT-147
    for change, field in WRONG:
        answer = await admin.post("/v1/contacts", json={"first_name": "Anna", **change})
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert await intake.said("intake.contact.created") == []


async def test_a_customer_without_party_gets_a_contact_in_the_same_step(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-154, INT-155, INT-156
    customer = await add("customers", name="Anna Berg", email="anna@acme.example")
    contact = (await admin.get(f"/v1/contacts/{customer['contact_id']}")).json()
    assert (contact["first_name"], contact["last_name"], contact["emails"]) == (
        "Anna", "Berg", ["anna@acme.example"],
    )  # fmt: skip
    assert (customer["code"], customer["status"], customer["blacklisted"]) == (
        "C-1000", "active", False,
    )  # fmt: skip
    assert (customer["payment_terms"], customer["credit_limit"], customer["discount"]) == (
        "cod", "1000", "0",
    )  # fmt: skip
    (created,) = await intake.said("intake.customer.created")
    assert (created.data["terms"], created.data["credit_limit"]) == ("cod", "1000")
    assert (await admin.delete(f"/v1/contacts/{contact['id']}")).status_code == 409
    assert (await admin.delete(f"/v1/customers/{customer['id']}")).status_code == 204
    assert (await admin.delete(f"/v1/contacts/{contact['id']}")).status_code == 204


async def test_a_customer_whose_name_makes_no_contact_or_whose_parties_differ_is_refused(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-007, INT-154, INT-156
    acme, other = [await add("companies", name=name) for name in ("Acme", "Other")]
    contact = await add("contacts", first_name="Anna", company_id=acme["id"])
    foreign = {"name": "A", "contact_id": contact["id"], "company_id": other["id"]}
    unknown = {"name": "A", "contact_id": UNKNOWN, "company_id": UNKNOWN}
    for body, fields in (
        ({"name": "Dr."}, ["/name"]), ({}, ["/name"]), (foreign, ["/contact_id"]),
        (unknown, ["/company_id", "/contact_id"]),
    ):  # fmt: skip
        refused = await admin.post("/v1/customers", json=body)
        assert refused.status_code == 422, refused.text
        assert [error["field"] for error in refused.json()["errors"]] == fields
    assert await intake.said("intake.customer.created") == []
    both = await add("customers", name="A", contact_id=contact["id"], company_id=acme["id"])
    assert (both["contact_id"], both["company_id"]) == (contact["id"], acme["id"])


async def test_a_long_name_of_a_customer_fits_its_contact(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-147, INT-156
    customer = await add("customers", name="A" * 150 + " " + "B" * 104)
    contact = (await admin.get(f"/v1/contacts/{customer['contact_id']}")).json()
    assert (contact["first_name"], contact["last_name"]) == ("A" * 100, "B" * 100)
    assert len(customer["name"]) == 255


async def test_a_customer_keeps_its_terms(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-154, INT-155
    company = await add("companies", name="Acme")
    address = {"street": "Weg 1", "city": "Bonn", "country": "DE"}
    terms = {
        "name": "Acme", "currency": "USD", "price_list": "Retail", "payment_terms": "net30",
        "credit_limit": "2500.50", "discount": "12.5", "tax_exempt": True, "tax_number": "DE1",
        "registration_number": "HRB 1", "notes": "Good", "status": "inactive",
        "billing_address": address,
    }  # fmt: skip
    customer = await add("customers", **terms, company_id=company["id"])
    shown = {**terms, "credit_limit": "2500.5"}
    shown["billing_address"] = {"state": None, "postal_code": None, **address}
    assert {name: customer[name] for name in terms} == shown
    assert (customer["contact_id"], customer["company_name"]) == (None, "Acme")
    path = f"/v1/customers/{customer['id']}"
    for wrong in (
        {"discount": "100.01"}, {"discount": "-0.01"}, {"discount": "1.005"}, {"currency": "EURO"},
        {"credit_limit": "-1"}, {"payment_terms": "net45"}, {"payment_terms": None},
        {"currency": None}, {"status": "gone"}, {"blacklisted": True}, {"code": "C-1"},
    ):  # fmt: skip
        assert (await admin.patch(path, json=wrong)).status_code == 422, wrong
    assert (await admin.get(path)).json() == customer


async def test_the_phone_of_a_customer_is_read_in_its_country(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-008
    company = await add("companies", name="Acme", country="DE")
    customer = await add("customers", name="A", phone="030 1234567", company_id=company["id"])
    assert (customer["phone"], customer["phone_e164"]) == ("030 1234567", "+49301234567")
    path = f"/v1/customers/{customer['id']}"
    assert len((await admin.get("/v1/customers?q=4930123")).json()["items"]) == 1
    billed = await admin.patch(path, json={"billing_address": {"country": "NL"}})
    assert billed.json()["phone_e164"] == "+31301234567"
    assert (await admin.patch(path, json={"phone": "+1 212 555 0100"})).json()["phone_e164"] == (
        "+12125550100"
    )
    await admin.patch(path, json={"phone": "030 1234567", "billing_address": None})
    await admin.patch(f"/v1/companies/{company['id']}", json={"country": "NL"})
    assert (await admin.get(path)).json()["phone_e164"] == "+31301234567"
    contact = await add("contacts", first_name="Bo", company_id=company["id"])
    other = await add("customers", name="Bo", phone="030 1234567", contact_id=contact["id"])
    assert other["phone_e164"] == "+31301234567"
    stranger = await add("customers", name="Cy", phone="030 1234567")
    assert stranger["phone_e164"] is None


async def test_the_phone_of_a_customer_follows_its_company_through_every_edit(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-008
    company = await add("companies", name="Acme", country="DE")
    customer = await add("customers", name="A", phone="030 0000000", company_id=company["id"])
    path = f"/v1/customers/{customer['id']}"
    for number in range(8):
        country, prefix = (("NL", "+31"), ("DE", "+49"))[number % 2]
        answers = await asyncio.gather(
            admin.patch(path, json={"phone": f"030 123456{number}"}),
            admin.patch(f"/v1/companies/{company['id']}", json={"country": country}),
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        assert (await admin.get(path)).json()["phone_e164"] == f"{prefix}30123456{number}"


async def test_a_credit_limit_has_no_more_decimals_than_its_currency(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, prefer: Any
) -> None:  # INT-155, GAT-006
    customer = await add("customers", name="Anna", email="anna@acme.example")
    yen = await add("customers", name="Bo", currency="JPY", credit_limit="1.0")
    dinar = await add("customers", name="Cy", currency="KWD", credit_limit="1.005")
    assert (yen["credit_limit"], dinar["credit_limit"]) == ("1", "1.005")
    lead = await add("leads", title="L", contact_name="Zoe")
    known = await add("leads", title="L", contact_email="anna@acme.example")
    before = len(await intake.said())
    new, form = "/v1/customers", {"customer_name": "A", "company_option": "none"}
    for method, path, body in (
        ("POST", new, {"name": "A", "credit_limit": "1.005"}),
        ("POST", new, {"name": "A", "credit_limit": "1.005", "currency": "EUR"}),
        ("POST", new, {"name": "A", "credit_limit": "1.5", "currency": "JPY"}),
        ("PATCH", f"{new}/{customer['id']}", {"credit_limit": "1.005"}),
        ("PATCH", f"{new}/{customer['id']}", {"credit_limit": "1.5", "currency": "jpy"}),
        ("PATCH", f"{new}/{yen['id']}", {"credit_limit": "1.5"}),
        ("PATCH", f"{new}/{dinar['id']}", {"currency": "USD"}),
        ("POST", f"/v1/leads/{lead['id']}/convert", {**form, "credit_limit": "1.005"}),
        ("POST", f"/v1/leads/{lead['id']}/convert", {"mode": "auto", "credit_limit": "1.005"}),
        ("POST", f"/v1/leads/{known['id']}/convert", {
            **form, "email": "anna@acme.example", "credit_limit": "1.005"}),
    ):  # fmt: skip
        refused = await admin.request(method, path, json=body)
        assert refused.status_code == 422, (path, body, refused.text)
        (error,) = refused.json()["errors"]
        assert (error["field"], error["code"]) == ("/credit_limit", "money_too_many_decimals")
    assert len(await intake.said()) == before
    both = {"currency": "USD", "credit_limit": "1.01"}
    assert (await admin.patch(f"{new}/{dinar['id']}", json=both)).status_code == 200
    await prefer("customers.default_credit_limit", "10.5")
    refused = await admin.post(new, json={"name": "D", "currency": "JPY"})
    assert refused.json()["errors"][0]["field"] == "/credit_limit"
    assert (await add("customers", name="D"))["credit_limit"] == "10.5"


async def test_a_contact_is_a_customer_once_and_addresses_are_unique(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-156
    contact = await add("contacts", first_name="Anna")
    body = {"name": "Anna", "contact_id": contact["id"]}
    answers = await asyncio.gather(*(admin.post("/v1/customers", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    mail = {"name": "Bo", "email": "bo@acme.example"}
    answers = await asyncio.gather(*(admin.post("/v1/customers", json=mail) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    contacts = (await admin.get("/v1/contacts")).json()["items"]
    assert len(contacts) == 2


async def test_terms_need_a_right_of_their_own(
    intake: ServiceUnderTest, add: Any, firm: Any
) -> None:  # INT-155
    customer = await add("customers", name="Anna", owner_id=str(firm.manager.user_id))
    path = f"/v1/customers/{customer['id']}"
    async with intake.client(firm.manager) as manager, intake.client(firm.accountant) as accountant:
        assert (await manager.patch(path, json={"notes": "Good"})).status_code == 200
        assert (await manager.patch(path, json={"credit_limit": "9999"})).status_code == 403
        assert (await accountant.patch(path, json={"notes": "Bad"})).status_code == 403
        assert (await accountant.patch(path, json={"credit_limit": "5"})).status_code == 200
        mixed = await accountant.patch(path, json={"credit_limit": "6", "notes": "Bad"})
        assert mixed.status_code == 403
        after = (await manager.get(path)).json()
    assert (after["credit_limit"], after["notes"]) == ("5", "Good")


async def test_a_customer_is_blacklisted_for_a_reason(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-155
    customer = await add("customers", name="Anna")
    path = f"/v1/customers/{customer['id']}/blacklist"
    assert (await admin.post(path, json={})).status_code == 422
    listed = (await admin.post(path, json={"reason": "Never pays"})).json()
    assert (listed["blacklisted"], listed["blacklist_reason"]) == (True, "Never pays")
    cleared = (await admin.delete(path)).json()
    assert (cleared["blacklisted"], cleared["blacklist_reason"]) == (False, None)
    events = await intake.said("intake.customer.blacklisted")
    assert [event.data["blacklisted"] for event in events] == [True, False]
