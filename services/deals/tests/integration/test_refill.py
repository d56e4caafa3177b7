"""Copies of others' records come back from their owners' logs (GAT-021, EVT-009)."""

from typing import Any

from chassis.testing.refilling import copies_of, lose_copies, refill_beside
from chassis.testing.service import body_of
from contracts import gateway, intake
from deals.consumers import SUBSCRIPTION
from kernel import clock
from kernel.ids import uuid7
from kernel.money import Money


def _directory(company_id: Any, contact_id: Any) -> list[bytes]:
    contact: dict[str, Any] = {
        "contact_id": contact_id, "name": "Bob", "emails": ("bob@acme.example",), "phones": ("1",),
        "do_not_email": False, "active": True, "company_id": company_id,
    }  # fmt: skip
    company: dict[str, Any] = {"company_id": company_id, "name": "Acme", "active": True}
    return [
        body_of(intake.CompanyCreated(**company), "intake"),
        body_of(intake.CompanyUpdated(**company | {"name": "Acme & Co"}), "intake", 2),
        body_of(intake.ContactCreated(**contact), "intake"),
        body_of(intake.ContactErased(**contact), "intake", 2),
    ]


def _people() -> list[bytes]:
    user: dict[str, Any] = {
        "user_id": uuid7(), "name": "Ann", "email": "ann@example.com", "roles": (),
        "department_ids": (uuid7(),), "team_ids": (), "time_zone": "UTC", "language": "en",
    }  # fmt: skip
    return [
        body_of(gateway.UserCreated(**user, active=True), "gateway"),
        body_of(gateway.UserDeactivated(**user, active=False), "gateway", 2),
        body_of(
            gateway.DepartmentChanged(id=uuid7(), name="S", active=True, currency="EUR"), "gateway"
        ),
        body_of(gateway.TeamChanged(id=uuid7(), name="North", active=True), "gateway"),
    ]


async def test_lost_copies_come_back_and_no_deal_is_opened_twice(app: Any) -> None:
    # GAT-021, EVT-003, EVT-004, EVT-009
    lead_id, request_id, deal_id, company_id = uuid7(), uuid7(), uuid7(), uuid7()
    received = intake.RequestReceived(
        request_id=request_id, ticket="T1", channel="form", subject="Need 5",
        person=intake.Person(name="Bob"), state="pending", kind="commercial", primary=True,
        product_ids=(), received_at=clock.now(), client_requests=1,
    )  # fmt: skip
    asked = intake.DealRequested(
        request_id=request_id, deal_id=deal_id, crm_ref=uuid7(), ticket="T1", name="Lamps",
        description="Five of them", product_ids=(),
    )  # fmt: skip
    created = intake.LeadCreated(
        lead_id=lead_id, crm_ref=uuid7(), title="L", email="l@x.example", status_id=uuid7(),
        priority=0, origin="manual",
    )  # fmt: skip
    born = intake.NewDeal(
        deal_id=uuid7(), name="D", amount=Money(amount="1", currency="EUR"), pipeline_id=uuid7(),
        stage_id=uuid7(),
    )  # fmt: skip
    converted = intake.LeadConverted(
        lead_id=lead_id, crm_ref=created.crm_ref, customer_id=uuid7(), customer_is_new=True,
        deal=born, linked_deal_ids=(deal_id,), carry_communications=False,
        converted_at=clock.now(), company_id=company_id,
    )  # fmt: skip
    customer = intake.CustomerCreated(
        customer_id=converted.customer_id, code="C-1", name="Acme", discount=5, currency="EUR",
        terms="cod", credit_limit=0, status="active", blacklisted=False, deal_id=deal_id,
    )  # fmt: skip
    renamed = intake.LeadUpdated(lead_id=lead_id, changed={"title": ("L", "Lead")})
    said = [
        *_people(),
        *_directory(company_id, uuid7()),
        body_of(received, "intake"),
        body_of(asked, "intake", 2),
        body_of(created, "intake"),
        body_of(renamed, "intake", 2),
        body_of(converted, "intake", 3),
        body_of(customer, "intake"),
    ]
    changed = intake.LeadUpdated(lead_id=lead_id, changed={"email": (None, "new@x.example")})
    asked_for = {"subject": ("Need 5", "Need 6")}
    described = intake.RequestUpdated(request_id=request_id, changed=asked_for)
    live = [(changed, 4), (described, 3)]
    service = app.service
    known_before = await copies_of(service, SUBSCRIPTION)
    await service.deliver(SUBSCRIPTION, said)
    await service.deliver(SUBSCRIPTION, [body_of(e, "intake", version) for e, version in live])
    copies = await copies_of(service, SUBSCRIPTION)
    expected = {id_: row for id_, row in copies.items() if id_ not in known_before}
    spoken = len(await service.said())
    deals = (await app.call("GET", "/deals"))["items"]
    assert {each["name"] for each in deals} == {"Lamps", "D"}

    await lose_copies(service, SUBSCRIPTION)
    again = [body_of(event, "intake", version) for event, version in live]
    done = await refill_beside(service, SUBSCRIPTION, said, again)

    assert await copies_of(service, SUBSCRIPTION) == expected
    assert expected[lead_id]["email"] == "new@x.example"
    assert (expected[lead_id]["name"], expected[request_id]["description"]) == (
        "Lead", "Five of them",
    )  # fmt: skip
    assert (done.failed, done.ahead) == ([], [])
    assert len(await service.said()) == spoken
    after = (await app.call("GET", "/deals"))["items"]
    assert {each["id"]: each["version"] for each in after} == {
        each["id"]: each["version"] for each in deals
    }


async def test_a_refill_copies_no_department_again(app: Any) -> None:  # GAT-021, GAT-033
    body = {"name": "Long way", "department_id": str(app.department)}
    await app.call("POST", "/pipelines", 201, json=body)
    facts: dict[str, Any] = {"name": "North", "active": True, "currency": "EUR"}
    copied = gateway.DepartmentChanged(id=uuid7(), copied_from=app.department, **facts)
    said = [body_of(copied, "gateway")]
    await app.service.deliver(SUBSCRIPTION, said)
    before = await app.call("GET", "/pipelines")
    assert [p["name"] for p in before["items"]][-2:] == ["Long way", "Long way (North)"]
    done = await refill_beside(app.service, SUBSCRIPTION, said, [])
    assert (done.failed, done.logs["gateway"].applied) == ([], 1)
    assert await app.call("GET", "/pipelines") == before
