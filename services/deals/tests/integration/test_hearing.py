"""What deals hears: requests and leads that become deals, and copies of others' records."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from structlog.testing import capture_logs

from chassis import delivery
from chassis.testing.service import body_of
from contracts import gateway, intake
from deals.consumers import SUBSCRIPTION
from deals.models import Company, User
from kernel.ids import uuid7
from kernel.money import Money

EUR = Money(amount="100", currency="EUR")


def _asked(**values: Any) -> intake.DealRequested:
    fields: dict[str, Any] = {
        "request_id": uuid7(),
        "deal_id": uuid7(),
        "crm_ref": uuid7(),
        "ticket": "TICKET00001",
        "name": "Need lamps",
        "description": "Five of them",
        "product_ids": (),
    }
    return intake.DealRequested(**fields | values)


async def test_a_requested_deal_takes_everything_over_from_its_request(app: Any) -> None:
    # DEA-023, DEA-031, EVT-016
    links = await app.links()
    carried = intake.DealRequested.model_fields.keys() - {"request_id"}
    ids = {field: UUID(id_) for field, id_ in links.items() if field in carried}
    price = {"amount": "9.50", "currency": "EUR"}
    product = await app.call("POST", "/products", 201, json={"name": "Lamp", "price": price})
    products = (UUID(product["id"]), uuid7())
    asked = _asked(**ids, country="DE", city="Bonn", product_ids=products)
    await app.hear(asked)
    deal = await app.call("GET", f"/deals/{asked.deal_id}")
    assert (deal["name"], deal["description"]) == ("Need lamps", "Five of them")
    assert (deal["ticket"], deal["crm_ref"]) == ("TICKET00001", str(asked.crm_ref))
    assert {field: deal[field.removesuffix("_id")]["id"] for field in ids} == {
        field: str(id_) for field, id_ in ids.items()
    }
    assert (deal["country"], deal["city"], deal["stage"]["name"]) == ("DE", "Bonn", "Lead")
    assert deal["request"]["description"] == "Five of them"
    (line,) = (await app.call("GET", f"/deals/{asked.deal_id}/outputs"))["items"]
    assert (line["product_id"], line["quantity"]) == (product["id"], "1")
    assert line["total"]["amount"] == "9.50"
    (created,) = await app.service.said("deals.deal.created")
    assert (created.actorkind, created.data["request_id"]) == ("event", str(asked.request_id))
    assert deal["stage_history"][0]["way"] == "rule"


async def test_a_departments_request_uses_the_departments_default_pipeline(app: Any) -> None:
    # DEA-002, DEA-023
    owner = uuid7()
    await app.know_user(owner, "Olga")
    body = {"name": "Own", "is_default": True, "department_id": str(app.department)}
    own = await app.call("POST", "/pipelines", 201, json=body)
    await app.call("POST", f"/pipelines/{own['id']}/stages", 201, json={"name": "First"})
    for owner_id, pipeline in ((owner, "Own"), (None, "General")):
        asked = _asked(owner_id=owner_id)
        await app.hear(asked)
        deal = await app.call("GET", f"/deals/{asked.deal_id}")
        assert deal["pipeline"]["name"] == pipeline


async def test_the_same_event_many_times_and_at_once_makes_one_deal(app: Any) -> None:
    # DEA-023, EVT-003
    asked = _asked()
    same, other = body_of(asked, "intake"), body_of(asked, "intake")
    database = app.service.database
    await asyncio.gather(
        *(delivery.deliver(database, SUBSCRIPTION, [same]) for _ in range(4)),
        delivery.deliver(database, SUBSCRIPTION, [other, same]),
    )
    await app.service.deliver(SUBSCRIPTION, [same, other])
    assert (await app.topics()) == ["deal.created"]


async def test_a_promoted_lead_becomes_a_deal_where_it_was_put(app: Any, stage: Any) -> None:
    # DEA-024, EVT-024
    lead = intake.LeadPromoted(
        lead_id=uuid7(),
        deal_id=uuid7(),
        crm_ref=uuid7(),
        name="Promoted",
        pipeline_id=UUID((await app.call("GET", "/pipelines"))["items"][0]["id"]),
        stage_id=UUID(stage("Proposal")),
        amount=EUR,
        expected_close=date(2026, 12, 24),
    )
    await app.hear(lead, lead)
    deal = await app.call("GET", f"/deals/{lead.deal_id}")
    assert (deal["stage"]["name"], deal["amount"]) == (
        "Proposal",
        {"amount": "100.00", "currency": "EUR"},
    )
    assert (deal["crm_ref"], deal["probability"]) == (str(lead.crm_ref), 60)
    assert deal["expected_close"] == "2026-12-24"
    assert deal["updated_by"] == {"actor": "svc:deals", "name": None}  # DEA-033
    assert await app.topics() == ["deal.created"]


async def test_a_stage_closed_meanwhile_is_replaced_never_refused(app: Any, stage: Any) -> None:
    # DEA-024
    general = (await app.call("GET", "/pipelines"))["items"][0]["id"]
    path = f"/pipelines/{general}/stages/{stage('Proposal')}"
    await app.call("PATCH", path, json={"is_active": False})
    places = ((general, stage("Proposal")), (str(uuid7()), str(uuid7())), (general, stage("Won")))
    for pipeline, step in places:
        asked = _asked(pipeline_id=UUID(pipeline), stage_id=UUID(step), amount=EUR)
        with capture_logs() as logs:
            await app.hear(asked)
        replaced = [entry for entry in logs if entry["event"] == "deal.stage_replaced"]
        assert [entry["stage"] for entry in replaced] == [step]
        deal = await app.call("GET", f"/deals/{asked.deal_id}")
        assert (deal["stage"]["name"], deal["status"]) == ("Lead", "open")


async def test_a_converted_lead_gives_its_deals_their_customer(app: Any, stage: Any) -> None:
    # DEA-024, EVT-025
    linked = await app.make()
    general = (await app.call("GET", "/pipelines"))["items"][0]["id"]
    customer, company = uuid7(), uuid7()
    converted = intake.LeadConverted(
        lead_id=uuid7(),
        crm_ref=uuid7(),
        customer_id=customer,
        company_id=company,
        customer_is_new=True,
        deal=intake.NewDeal(
            deal_id=uuid7(),
            name="Converted",
            amount=EUR,
            pipeline_id=UUID(general),
            stage_id=UUID(stage("Qualified")),
        ),
        linked_deal_ids=(UUID(linked["id"]), uuid7()),
        carry_communications=False,
        converted_at="2026-01-01T00:00:00Z",
    )
    await app.hear(converted, converted)
    assert converted.deal
    assert await app.topics() == ["deal.created", "deal.created", "deal.updated"]
    await app.know_customer(customer_id=customer, company_id=company)
    for deal_id in (linked["id"], converted.deal.deal_id):
        deal = await app.call("GET", f"/deals/{deal_id}")
        assert deal["customer"]["id"] == str(customer)
    (updated,) = await app.service.said("deals.deal.updated")
    assert updated.data["changed"] == {
        "customer_id": [None, str(customer)],
        "company_id": [None, str(company)],
    }


async def test_the_customer_intake_made_for_a_won_deal_is_the_deals(app: Any) -> None:  # DEA-061
    deal = await app.make(company_id=str(await app.know_company()))
    won = await app.call("POST", f"/deals/{deal['id']}/win", json={})
    existing = await app.know_customer(deal_id=UUID(deal["id"]))
    after = await app.call("GET", f"/deals/{deal['id']}")
    assert (after["customer"]["id"], after["version"]) == (str(existing), won["version"] + 1)


async def test_copies_follow_newer_events_only(app: Any) -> None:  # EVT-004
    company = uuid7()

    async def name() -> str:
        async with app.service.database.reading() as session:
            return str(await session.scalar(select(Company.name).where(Company.id == company)))

    def event(kind: Any, text: str) -> Any:
        return kind(company_id=company, name=text, active=True)

    await app.hear(event(intake.CompanyUpdated, "Second"), version=2)
    await app.hear(event(intake.CompanyCreated, "First"), version=1)
    assert await name() == "Second"
    await app.hear(event(intake.CompanyDeleted, "Second"), version=3)
    deal = {"name": "x", "company_id": str(company)}
    await app.call("POST", "/deals", 422, json=deal)
    await app.hear(event(intake.CompanyRestored, "Third"), version=4)
    await app.call("POST", "/deals", 201, json=deal)


async def test_partial_events_change_only_what_they_carry(app: Any) -> None:
    lead = uuid7()
    await app.hear(
        intake.LeadCreated(
            lead_id=lead,
            crm_ref=uuid7(),
            title="Old",
            company_name="Acme",
            status_id=uuid7(),
            priority=0,
            origin="manual",
        )
    )
    changed = intake.LeadUpdated(lead_id=lead, changed={"title": ("Old", "New")})
    await app.hear(changed, version=2)
    unknown = intake.LeadUpdated(lead_id=uuid7(), changed={"title": (None, "Late")})
    await app.hear(unknown, version=2)
    deal = await app.make(lead_id=str(lead))
    assert (deal["lead"]["name"], deal["lead"]["company_name"]) == ("New", "Acme")
    await app.make(lead_id=str(unknown.lead_id))


async def test_an_erased_contact_leaves_nothing_personal(app: Any) -> None:
    contact = uuid7()
    fields: dict[str, Any] = {
        "contact_id": contact,
        "name": "Bob",
        "emails": ("b@example.com",),
        "phones": ("1",),
        "do_not_email": False,
        "active": True,
    }
    await app.hear(intake.ContactCreated(**fields))
    deal = await app.make(contact_id=str(contact))
    await app.hear(intake.ContactErased(**fields), version=2)
    after = await app.call("GET", f"/deals/{deal['id']}")
    assert (after["contact"]["name"], after["client"]["email"]) == ("", None)


async def test_a_deactivated_user_gets_no_more_deals(app: Any) -> None:
    user = uuid7()
    await app.know_user(user, "Gone", active=False)
    await app.call("POST", "/deals", 422, json={"name": "x", "owner_id": str(user)})
    async with app.service.database.reading() as session:
        assert await session.scalar(select(User.is_active).where(User.id == user)) is False


async def test_a_copied_department_gets_pipelines_and_reasons_of_its_own(app: Any) -> None:
    # GAT-033
    sales, copy = uuid7(), uuid7()
    facts: dict[str, Any] = {"active": True, "currency": "EUR"}
    await app.hear(gateway.DepartmentChanged(id=sales, name="Sales", **facts), service="gateway")
    here = {"department_id": str(sales)}
    body = {"name": "Long way", "is_default": True, **here}
    pipeline = await app.call("POST", "/pipelines", 201, json=body)
    for name, flag in (("First", "is_default"), ("Done", "is_won")):
        body = {"name": name, flag: True}
        await app.call("POST", f"/pipelines/{pipeline['id']}/stages", 201, json=body)
    reason = {"name": "Too dear", "outcome": "lost", **here}
    await app.call("POST", "/closing-reasons", 201, json=reason)
    made = gateway.DepartmentChanged(id=copy, name="North", copied_from=sales, **facts)
    await app.hear(made, service="gateway")
    pipelines = (await app.call("GET", "/pipelines"))["items"]
    (own,) = [entry for entry in pipelines if entry["department_id"] == str(copy)]
    assert (own["name"], own["is_default"]) == ("Long way (North)", True)
    stages = (await app.call("GET", f"/pipelines/{own['id']}/stages"))["items"]
    assert [(stage["name"], stage["is_won"]) for stage in stages] == [
        ("First", False),
        ("Done", True),
    ]
    reasons = (await app.call("GET", "/closing-reasons"))["items"]
    assert [r["name"] for r in reasons if r["department_id"] == str(copy)] == ["Too dear"]
    (old,) = [entry for entry in pipelines if entry["department_id"] == str(sales)]
    assert (old["name"], old["is_default"]) == ("Long way", True)
