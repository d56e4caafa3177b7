"""Leads become customers."""

import asyncio
from typing import Any

import httpx2

from chassis.testing.service import ServiceUnderTest
from contracts.deals import DealCreated
from intake.consumers import SUBSCRIPTION
from kernel.ids import uuid7
from kernel.money import Money

UNKNOWN = str(uuid7())
ANNA = {
    "title": "Pump station", "contact_name": "Dr. Anna Maria Berg",
    "contact_email": "anna@acme.example", "emails": ["berg@home.example"],
    "contact_phone": "030 1234567", "company_name": "Acme GmbH", "website": "www.acme.example",
    "value": {"currency": "EUR", "amount": "12000.50"}, "street": "Weg 1", "city": "Bonn",
    "country": "DE", "job_title": "Buyer",
}  # fmt: skip
FORM = {"customer_name": "Anna Berg", "email": "anna@acme.example", "company_option": "none"}


async def convert(client: httpx2.AsyncClient, lead: dict[str, Any], **form: Any) -> httpx2.Response:
    return await client.post(f"/v1/leads/{lead['id']}/convert", json=form)


async def converted(
    client: httpx2.AsyncClient, lead: dict[str, Any], **form: Any
) -> dict[str, Any]:
    answer = await convert(client, lead, **form)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_one_click_makes_customer_company_and_contact_and_keeps_the_history(
    *,
    intake: ServiceUnderTest,
    admin: httpx2.AsyncClient,
    visitor: httpx2.AsyncClient,
    form: str,
    add: Any,
    firm: Any,
) -> None:  # INT-117, INT-120, INT-121, INT-122, INT-125, INT-127, INT-128, INT-154
    lead = await add("leads", **ANNA, owner_id=str(firm.manager.user_id))
    letter = {"name": "Anna Berg", "subject": "More", "email": "anna@acme.example"}
    assert (await visitor.post(form, json=letter)).status_code == 201
    made = await converted(admin, lead, mode="auto")
    customer = (await admin.get(f"/v1/customers/{made['customer_id']}")).json()
    contact = (await admin.get(f"/v1/contacts/{made['contact_id']}")).json()
    company = (await admin.get(f"/v1/companies/{made['company_id']}")).json()
    assert (customer["name"], customer["email"]) == ("Dr. Anna Maria Berg", "anna@acme.example")
    assert customer["billing_address"] == customer["delivery_address"]
    assert (customer["billing_address"]["street"], customer["payment_terms"]) == ("Weg 1", "cod")
    assert (contact["first_name"], contact["middle_name"], contact["last_name"]) == (
        "Dr. Anna", "Maria", "Berg",
    )  # fmt: skip
    assert contact["emails"] == ["anna@acme.example", "berg@home.example"]
    assert (contact["company_id"], contact["job_title"]) == (company["id"], "Buyer")
    assert (company["name"], company["website"], company["owner_name"]) == (
        "Acme GmbH", "www.acme.example", "Mia",
    )  # fmt: skip
    after = (await admin.get(f"/v1/leads/{lead['id']}")).json()
    assert (after["status"]["code"], after["converted_at"]) == ("converted", made["converted_at"])
    links = ("customer_id", "contact_id", "company_id", "deal_id")
    assert [after[link] for link in links] == [made[link] for link in links]
    assert made["deal_id"] is None
    (request,) = (await admin.get("/v1/requests")).json()["items"]
    assert (request["lead_id"], request["former_lead_id"]) == (None, lead["id"])
    assert (request["contact_id"], request["company_id"]) == (contact["id"], company["id"])
    assert request["client_requests"] == 1
    assert [r["id"] for r in after["requests"]] == [request["id"]]
    counts = [
        (await admin.get(path)).json()["client_requests"]
        for path in (f"/v1/companies/{company['id']}", f"/v1/contacts/{contact['id']}")
    ]
    assert counts == [1, 1]
    said = [envelope.topic for envelope in await intake.said()][-7:]
    assert said == [
        "intake.company.created", "intake.contact.created", "intake.customer.created",
        "intake.lead.status_changed", "intake.lead.converted", "intake.request.updated",
    ] or said[1:] == [
        "intake.company.created", "intake.contact.created", "intake.customer.created",
        "intake.lead.status_changed", "intake.lead.converted", "intake.request.updated",
    ]  # fmt: skip
    (event,) = await intake.said("intake.lead.converted")
    assert (event.data["customer_id"], event.data["customer_is_new"]) == (customer["id"], True)
    assert (event.data["deal"], event.data["carry_communications"]) == (None, True)
    timeline = (await admin.get(f"/v1/leads/{lead['id']}/timeline")).json()["items"]
    assert [entry["action"] for entry in timeline][:2] == ["converted", "moved"]


async def test_a_deal_is_asked_for_under_its_final_id(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-115, INT-124, INT-127
    lead = await add("leads", **ANNA, owner_id=str(firm.manager.user_id))
    made = await converted(
        admin, lead, **{**FORM, "company_option": "new", "company_name": "Acme"},
        create_deal=True, deal_title="Pumps", deal_value={"amount": "99.9", "currency": "USD"},
        pipeline_id=str(firm.pipeline), expected_close="2027-01-31",
    )  # fmt: skip
    (event,) = await intake.said("intake.lead.converted")
    assert event.data["deal"] == {
        "deal_id": made["deal_id"], "name": "Pumps",
        "amount": {"currency": "USD", "amount": "99.90"}, "pipeline_id": str(firm.pipeline),
        "stage_id": str(firm.default_stage), "expected_close": "2027-01-31",
    }  # fmt: skip
    assert event.data["owner_id"] == str(firm.manager.user_id)
    after = (await admin.get(f"/v1/leads/{lead['id']}")).json()
    assert after["deal_id"] == made["deal_id"]


INCOMPLETE: tuple[tuple[Any, ...], ...] = (
    ({"customer_name": None}, {"/customer_name"}),
    ({"customer_name": " "}, {"/customer_name"}),
    ({"company_option": None}, {"/company_option"}),
    ({"company_option": "any"}, {"/company_option"}),
    ({"company_option": "existing"}, {"/company_id"}),
    ({"company_option": "existing", "company_id": UNKNOWN}, {"/company_id"}),
    ({"company_option": "new"}, {"/company_name"}),
    ({"contact_id": UNKNOWN}, {"/contact_id"}),
    ({"create_deal": True}, {"/deal_title", "/deal_value", "/pipeline_id"}),
    ({"create_deal": True, "deal_title": "D", "pipeline_id": "PIPELINE"}, {"/deal_value"}),
    ({"create_deal": True, "deal_title": "D", "deal_value": {"amount": "1", "currency": "EUR"},
      "pipeline_id": UNKNOWN}, {"/pipeline_id"}),
    ({"create_deal": True, "deal_title": "D", "deal_value": {"amount": "1", "currency": "EUR"},
      "pipeline_id": "PIPELINE", "stage_id": "OTHER"}, {"/stage_id"}),
    ({"payment_terms": None}, {"/payment_terms"}),
    ({"currency": None}, {"/currency"}),
    ({"credit_limit": ""}, {"/credit_limit"}),
)  # fmt: skip


async def test_an_incomplete_form_changes_nothing(
    intake: ServiceUnderTest,
    add: Any,
    firm: Any,
) -> None:  # INT-116, INT-122
    names = {"PIPELINE": str(firm.pipeline), "OTHER": str(firm.other_stage)}
    lead = await add("leads", **ANNA)
    before = len(await intake.said())
    for change, fields in INCOMPLETE:
        form = {
            k: names.get(v, v) if isinstance(v, str) else v for k, v in {**FORM, **change}.items()
        }
        async with intake.client(firm.admin) as client:
            answer = await convert(client, lead, **form)
            after = (await client.get(f"/v1/leads/{lead['id']}")).json()
        assert answer.status_code == 422, answer.text
        assert {error["field"] for error in answer.json()["errors"]} == fields
        assert after == lead
        assert len(await intake.said()) == before


async def test_a_lead_is_converted_once(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-126
    lead = await add("leads", **ANNA)
    answers = await asyncio.gather(*(convert(admin, lead, mode="auto") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 4]
    (made,) = [answer.json() for answer in answers if answer.status_code == 200]
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert refused["code"] == "lead_converted"
    assert (refused["customer_id"], refused["contact_id"]) == (
        made["customer_id"], made["contact_id"],
    )  # fmt: skip
    assert len(await intake.said("intake.customer.created", "intake.lead.converted")) == 2
    path = f"/v1/leads/{lead['id']}"
    assert (await admin.patch(path, json={"title": "X"})).status_code == 409
    assert (await admin.patch(path, json={"notes": "Ours now"})).status_code == 200
    assert (await admin.delete(path)).status_code == 409
    taken = await admin.post("/v1/leads", json={"title": "A", "contact_email": "anna@acme.example"})
    assert (taken.status_code, taken.json()["lead_id"]) == (409, lead["id"])


async def test_a_repeated_key_replays_the_first_answer(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-126
    lead = await add("leads", **ANNA)
    path, key = f"/v1/leads/{lead['id']}/convert", {"Idempotency-Key": "once"}
    answers = [await admin.post(path, json={"mode": "auto"}, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert len(await intake.said("intake.lead.converted")) == 1


async def test_the_customer_with_the_address_is_updated_and_keeps_its_company(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-119, INT-120
    company = await add("companies", name="Globex")
    customer = await add(
        "customers", name="Old", email="ANNA@acme.example", company_id=company["id"], notes="Keep"
    )
    lead = await add("leads", **ANNA)
    made = await converted(admin, lead, **FORM, phone="030 7654321", payment_terms="net30")
    assert (made["customer_id"], made["company_id"]) == (customer["id"], company["id"])
    after = (await admin.get(f"/v1/customers/{customer['id']}")).json()
    assert (after["name"], after["phone"], after["notes"], after["company_id"]) == (
        "Anna Berg", "030 7654321", "Keep", company["id"],
    )  # fmt: skip
    assert after["payment_terms"] == "net30"
    assert len((await admin.get("/v1/customers")).json()["items"]) == 1
    (event,) = await intake.said("intake.lead.converted")
    assert event.data["customer_is_new"] is False


async def test_the_customer_of_the_contact_with_the_address_is_updated(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-119
    contact = await add("contacts", first_name="Anna", emails=["x@y.example", "Anna@acme.example"])
    customer = await add("customers", name="Anna", contact_id=contact["id"])
    lead = await add("leads", **ANNA)
    made = await converted(admin, lead, **FORM)
    assert (made["customer_id"], made["contact_id"]) == (customer["id"], contact["id"])
    assert len((await admin.get("/v1/contacts")).json()["items"]) == 1


async def test_an_updated_customer_takes_what_the_form_says_and_what_it_lacks(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-119, INT-122
    contact = await add("contacts", first_name="Anna", emails=["Anna@acme.example"])
    customer = await add("customers", name="A", contact_id=contact["id"], email="old@home.example")
    lead = await add("leads", **ANNA)
    await converted(admin, lead, **FORM)
    after = (await admin.get(f"/v1/customers/{customer['id']}")).json()
    assert (after["name"], after["email"]) == ("Anna Berg", "anna@acme.example")
    assert after["billing_address"] == after["delivery_address"]
    assert after["billing_address"]["street"] == "Weg 1"


async def test_a_chosen_contact_who_is_a_customer_does_not_take_anothers_address(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-119
    holder = await add("customers", name="Holder", email="anna@acme.example")
    contact = await add("contacts", first_name="Anna")
    chosen = await add("customers", name="A", contact_id=contact["id"])
    lead = await add("leads", **ANNA)
    made = await converted(admin, lead, **FORM, contact_id=contact["id"])
    assert made["customer_id"] == chosen["id"]
    after = (await admin.get(f"/v1/customers/{chosen['id']}")).json()
    assert (after["name"], after["email"]) == ("Anna Berg", None)
    assert (await admin.get(f"/v1/customers/{holder['id']}")).json() == holder


async def test_the_terms_of_an_existing_customer_need_their_own_right(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-119, INT-155
    customer = await add("customers", name="Anna", email="anna@acme.example")
    lead = await add("leads", **ANNA, owner_id=str(firm.manager.user_id))
    async with intake.client(firm.manager) as manager:
        refused = await convert(manager, lead, **FORM, credit_limit="99999")
        assert (refused.status_code, refused.json()["right"]) == (
            403, "intake.customer.change_terms",
        )  # fmt: skip
        assert (await admin.get(f"/v1/customers/{customer['id']}")).json() == customer
        await converted(manager, lead, **FORM)


async def test_a_customer_edited_during_a_conversion_keeps_both_changes(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-119
    for number in range(4):
        address = f"anna{number}@acme.example"
        customer = await add("customers", name="Old", email=address)
        lead = await add("leads", **{**ANNA, "contact_email": address, "emails": []})
        path = f"/v1/customers/{customer['id']}"
        made, noted, renamed = await asyncio.gather(
            convert(admin, lead, **{**FORM, "email": address}),
            admin.patch(path, json={"notes": "Good"}),
            admin.patch(path, json={"email": address.upper()}),
        )
        statuses = (made.status_code, noted.status_code, renamed.status_code)
        assert statuses == (200, 200, 200), (made.text, noted.text, renamed.text)
        after = (await admin.get(path)).json()
        assert (after["name"], after["notes"]) == ("Anna Berg", "Good")


async def test_without_automatic_contacts_one_is_made_only_where_the_customer_needs_it(
    admin: httpx2.AsyncClient, add: Any, prefer: Any
) -> None:  # INT-121
    await prefer("leads.auto_create_contact", value=False)
    new = {"customer_name": "Acme", "company_option": "new", "company_name": "Acme"}
    made = await converted(admin, await add("leads", title="L", contact_name="Anna"), **new)
    assert (made["contact_id"], made["company_id"] is None) == (None, False)
    lead = await add("leads", title="L")
    made = await converted(admin, lead, customer_name="Bo Ek", company_option="none")
    contact = (await admin.get(f"/v1/contacts/{made['contact_id']}")).json()
    assert (contact["name"], made["company_id"]) == ("Bo Ek", None)


async def test_two_leads_of_one_person_never_make_two_customers(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-119
    one = await add("leads", title="One", contact_name="Anna Berg")
    two = await add("leads", title="Two", contact_name="Anna Berg")
    made = await asyncio.gather(*(converted(admin, lead, **FORM) for lead in (one, two)))
    assert made[0]["customer_id"] == made[1]["customer_id"]
    assert len((await admin.get("/v1/customers")).json()["items"]) == 1


async def test_existing_companies_and_contacts_are_not_repeated_by_accident(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-118, INT-123, N05
    acme = await add("companies", name="ACME", country="DE")
    twins = [await add("contacts", first_name="A", emails=["anna@acme.example"]) for _ in range(2)]
    lead = await add("leads", **ANNA)
    shown = (await admin.get(f"/v1/leads/{lead['id']}/conversion")).json()
    assert (shown["customer_name"], shown["deal_title"]) == ("Dr. Anna Maria Berg", "Pump station")
    assert (shown["company_option"], shown["company_id"]) == ("existing", acme["id"])
    assert [c["id"] for c in shown["companies"]] == [acme["id"]]
    assert {c["id"] for c in shown["contacts"]} == {twin["id"] for twin in twins}
    assert shown["customer"] is None
    before = len(await intake.said())
    new = {**FORM, "company_option": "new", "company_name": "Acme GmbH"}
    for form in ({"mode": "auto"}, FORM, {**new, "contact_id": twins[0]["id"]}):
        refused = await convert(admin, lead, **form)
        assert (refused.status_code, refused.json()["code"]) == (409, "matching_records_exist"), (
            form
        )
        kinds = {candidate["kind"] for candidate in refused.json()["candidates"]}
        assert kinds == ({"company"} if "contact_id" in form else {"contact"})
    assert len(await intake.said()) == before
    made = await converted(admin, lead, mode="auto", contact_id=twins[0]["id"])
    assert (made["contact_id"], made["company_id"]) == (twins[0]["id"], acme["id"])


async def test_a_duplicate_is_made_when_somebody_insists(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-123
    acme = await add("companies", name="ACME", country="DE")
    lead = await add("leads", **ANNA)
    form = {**FORM, "company_option": "new", "company_name": "Acme GmbH"}
    made = await converted(admin, lead, **form, allow_duplicate=True)
    assert made["company_id"] != acme["id"]
    assert len((await admin.get("/v1/companies")).json()["items"]) == 2


async def test_an_existing_company_is_linked_and_the_single_contact_used(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-120, INT-121
    acme = await add("companies", name="Acme")
    contact = await add("contacts", first_name="Anna", phone="+49 30 1234567")
    lead = await add("leads", title="L", contact_name="Anna", contact_phone="030 1234567",
                     country="DE")  # fmt: skip
    form = {"customer_name": "Anna", "company_option": "existing", "company_id": acme["id"]}
    made = await converted(admin, lead, **form)
    assert (made["contact_id"], made["company_id"]) == (contact["id"], acme["id"])
    after = (await admin.get(f"/v1/contacts/{contact['id']}")).json()
    assert after["company_id"] == acme["id"]


async def test_a_lead_that_names_nobody_becomes_a_contact_named_after_the_customer(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-117, INT-121
    lead = await add("leads", title="Pump station")
    made = await converted(admin, lead, mode="auto")
    contact = (await admin.get(f"/v1/contacts/{made['contact_id']}")).json()
    assert (contact["name"], made["company_id"]) == ("Pump station", None)
    named = await add("leads", title="Other", company_name="Acme")
    made = await converted(admin, named, mode="auto")
    assert made["contact_id"] is None
    company = (await admin.get(f"/v1/companies/{made['company_id']}")).json()
    assert company["name"] == "Acme"


async def test_a_lead_with_a_deal_keeps_it(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-124
    request = await add("requests", subject="P", first_name="Anna", email="anna@acme.example")
    deal_id = (await admin.post(f"/v1/requests/{request['id']}/deal")).json()["deal_id"]
    lead = (await admin.get(f"/v1/leads/{request['lead_id']}")).json()
    other = DealCreated(
        deal_id=uuid7(), code="D-1", crm_ref=uuid7(), name="By hand", ticket="t",
        pipeline_id=firm.pipeline, stage_id=firm.first_stage, amount=Money.zero("EUR"),
        probability=50, status="open", lead_id=lead["id"], tags=(),
    )  # fmt: skip
    await intake.hear(SUBSCRIPTION, other, service="deals")
    second = {"create_deal": True, "deal_title": "D", "pipeline_id": str(firm.pipeline),
              "deal_value": {"amount": "1", "currency": "EUR"}}  # fmt: skip
    refused = await convert(admin, lead, **FORM, **second)
    assert (refused.status_code, refused.json()["deal_id"]) == (409, deal_id)
    made = await converted(admin, lead, **FORM)
    assert made["deal_id"] == deal_id
    (event,) = await intake.said("intake.lead.converted")
    assert set(event.data["linked_deal_ids"]) == {deal_id, str(other.deal_id)}
    after = (await admin.get(f"/v1/leads/{lead['id']}")).json()
    assert [(deal["id"], deal["name"]) for deal in after["deals"]] == [
        (str(other.deal_id), "By hand")
    ]
