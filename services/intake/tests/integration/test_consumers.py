"""What intake hears: replicas, and the ends of deals."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest

from chassis.testing.service import ServiceUnderTest
from contracts.deals import (
    DealCreated,
    DealDeleted,
    DealLost,
    DealReopened,
    DealWon,
    PipelineDefined,
    StageDefined,
)
from contracts.gateway import DepartmentChanged, UserChanged, UserDeactivated
from contracts.mail import EmailLinked, EmailSent
from contracts.vocabulary import Ref
from intake.consumers import SUBSCRIPTION
from kernel.ids import uuid7
from kernel.money import Money

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def deal(lead_id: UUID | str | None = None, **more: Any) -> DealCreated:
    return DealCreated(
        deal_id=uuid7(), code="D-1", crm_ref=uuid7(), name="Pumps", ticket="t",
        pipeline_id=uuid7(), stage_id=uuid7(), amount=Money.zero("EUR"), probability=50,
        status="open", lead_id=lead_id, tags=(), **more,
    )  # fmt: skip


def won(deal_id: UUID, **more: Any) -> DealWon:
    facts = {"customer_id": uuid7(), "customer_is_new": True, **more}
    return DealWon(
        deal_id=deal_id, name="Pumps", amount=Money.zero("EUR"), closed_on=date(2026, 11, 21),
        won_at=NOW, cycle_days=3, **facts,
    )  # fmt: skip


def lost(deal_id: UUID, lead_id: str) -> DealLost:
    return DealLost(
        deal_id=deal_id, amount=Money.zero("EUR"), closed_on=date(2026, 11, 21),
        stage_before_id=uuid7(), irrelevant=False, auto=False, lead_id=UUID(lead_id),
    )  # fmt: skip


async def test_a_user_is_known_as_the_latest_event_says(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, firm: Any
) -> None:  # INT-071
    facts = {
        "user_id": firm.manager.user_id, "name": "Mia", "email": "m@x.example", "roles": (),
        "department_ids": (firm.service,), "team_ids": (), "time_zone": "UTC", "language": "en",
    }  # fmt: skip

    async def status() -> int:
        body = {"title": "L", "owner_id": str(firm.manager.user_id)}
        return (await admin.post("/v1/leads", json=body)).status_code

    gone = UserDeactivated(**facts, active=False)
    (message,) = await intake.hear(SUBSCRIPTION, gone, service="gateway", version=3)
    assert await status() == 422
    late = UserChanged(**facts, active=True)
    await intake.hear(SUBSCRIPTION, late, service="gateway", version=2)
    await intake.deliver(SUBSCRIPTION, [message])
    assert await status() == 422
    await intake.hear(SUBSCRIPTION, late, service="gateway", version=4)
    assert await status() == 201
    (lead,) = (await admin.get("/v1/leads")).json()["items"]
    assert lead["department_id"] == str(firm.service)


async def test_a_copied_department_gets_sources_and_forms_of_its_own(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, firm: Any
) -> None:  # INT-022, GAT-033
    source = {"name": "Fair", "department_id": str(firm.sales)}
    made = (await admin.post("/v1/lead-sources", json=source)).json()
    (shipped,) = (await admin.get("/v1/web-forms")).json()["items"]
    copied = await admin.post(f"/v1/web-forms/{shipped['id']}/copy", json={"name": "Sales"})
    values = {"department_id": str(firm.sales), "source_id": made["id"]}
    form = (await admin.patch(f"/v1/web-forms/{copied.json()['id']}", json=values)).json()
    copy_id = uuid7()
    event = DepartmentChanged(id=copy_id, name="Sales 2", active=True, copied_from=firm.sales)
    (message,) = await intake.hear(SUBSCRIPTION, event, service="gateway")
    await intake.deliver(SUBSCRIPTION, [message])
    sources = (await admin.get("/v1/lead-sources")).json()["items"]
    (own,) = [entry for entry in sources if entry["department_id"] == str(copy_id)]
    assert (own["name"], own["active"]) == ("Fair", True)
    forms = (await admin.get("/v1/web-forms")).json()["items"]
    (new,) = [entry for entry in forms if entry["department_id"] == str(copy_id)]
    assert (new["name"], new["source_id"]) == ("Sales", own["id"])
    assert len({entry["token"] for entry in forms}) == len(forms) == 3
    assert form in forms


async def test_a_pipeline_that_was_switched_off_takes_no_deal_any_more(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-053, INT-116
    off = PipelineDefined(
        id=firm.pipeline, name="Sales", flags={}, active=False, deleted=False
    )  # fmt: skip
    await intake.hear(SUBSCRIPTION, off, service="deals", version=2)
    request = await add("requests", subject="P", first_name="Anna")
    lead = await add("leads", title="L")
    place = {"pipeline_id": str(firm.pipeline)}
    form = {
        "customer_name": "A", "company_option": "none", "create_deal": True, "deal_title": "D",
        "deal_value": {"amount": "1", "currency": "EUR"},
    }  # fmt: skip
    for answer in (
        await admin.post(f"/v1/requests/{request['id']}/deal", json=place),
        await admin.post(f"/v1/leads/{lead['id']}/convert", json={**form, **place}),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "/pipeline_id"


async def test_a_removed_stage_takes_no_deal_any_more(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-053
    gone = StageDefined(
        id=firm.default_stage, name="Start", pipeline_id=firm.pipeline, flags={}, active=True,
        deleted=True,
    )  # fmt: skip
    await intake.hear(SUBSCRIPTION, gone, service="deals", version=2)
    request = await add("requests", subject="P", first_name="Anna")
    path = f"/v1/requests/{request['id']}/deal"
    refused = await admin.post(path, json={"stage_id": str(firm.default_stage)})
    assert refused.status_code == 422
    made = await admin.post(path, json={"pipeline_id": str(firm.pipeline)})
    assert made.status_code == 201
    (event,) = await intake.said("intake.request.deal_requested")
    assert event.data["stage_id"] == str(firm.first_stage)


async def test_a_won_deal_converts_its_lead_under_the_promised_id_once(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-114, INT-131
    lead = await add(
        "leads", title="L", contact_name="Anna Berg", contact_email="anna@acme.example",
        company_name="Acme",
    )  # fmt: skip
    made = deal(lead["id"])
    win = won(made.deal_id, lead_id=UUID(lead["id"]))
    await intake.hear(SUBSCRIPTION, made, service="deals")
    (message,) = await intake.hear(SUBSCRIPTION, win, service="deals", version=2)
    await intake.deliver(SUBSCRIPTION, [message, message])
    await intake.hear(SUBSCRIPTION, win, service="deals", version=2)  # another event id
    after = (await admin.get(f"/v1/leads/{lead['id']}")).json()
    assert (after["customer_id"], after["status"]["code"]) == (str(win.customer_id), "converted")
    assert after["deal_id"] == str(made.deal_id)
    customer = (await admin.get(f"/v1/customers/{win.customer_id}")).json()
    assert (customer["name"], customer["email"]) == ("Anna Berg", "anna@acme.example")
    (event,) = await intake.said("intake.lead.converted")
    assert event.data["linked_deal_ids"] == [str(made.deal_id)]
    assert event.actor == "svc:intake"
    assert len(await intake.said("intake.customer.created")) == 1
    assert await intake.said("intake.party.merged") == []


@pytest.mark.parametrize("kind", ["contacts", "companies"])
async def test_a_won_deal_makes_its_contact_or_company_a_customer(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, kind: str
) -> None:  # INT-131
    body = {"first_name": "Anna"} if kind == "contacts" else {"name": "Acme"}
    party = await add(kind, **body)
    link = {"contact_id" if kind == "contacts" else "company_id": party["id"]}
    win = won(uuid7(), **link)
    await intake.hear(SUBSCRIPTION, win, service="deals")
    customer = (await admin.get(f"/v1/customers/{win.customer_id}")).json()
    assert (customer["name"], customer[next(iter(link))]) == (party["name"], party["id"])
    (event,) = await intake.said("intake.customer.created")
    assert event.data["deal_id"] == str(win.deal_id)
    again = won(uuid7(), **link)
    await intake.hear(SUBSCRIPTION, again, service="deals")
    assert (await admin.get(f"/v1/customers/{again.customer_id}")).status_code == 404
    (merged,) = await intake.said("intake.party.merged")
    assert merged.data == {
        "kind": "customer", "from_id": str(again.customer_id), "into_id": str(win.customer_id),
    }  # fmt: skip


async def test_two_wins_of_one_company_at_once_make_one_customer(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-131
    company = await add("companies", name="Acme")
    wins = [won(uuid7(), company_id=UUID(company["id"])) for _ in range(4)]
    await asyncio.gather(*(intake.hear(SUBSCRIPTION, win, service="deals") for win in wins))
    (customer,) = (await admin.get("/v1/customers")).json()["items"]
    assert customer["company_id"] == company["id"]
    merged = await intake.said("intake.party.merged")
    assert {event.data["into_id"] for event in merged} == {customer["id"]}
    promised = {str(win.customer_id) for win in wins}
    assert {event.data["from_id"] for event in merged} == promised - {customer["id"]}


async def test_a_setting_leaves_won_deals_without_customers(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, prefer: Any
) -> None:  # INT-131
    await prefer("customers.create_on_won", value=False)
    lead = await add("leads", title="L", contact_name="Anna")
    win = won(uuid7(), lead_id=UUID(lead["id"]))
    await intake.hear(SUBSCRIPTION, win, service="deals")
    assert (await admin.get("/v1/customers")).json()["items"] == []
    assert (await admin.get(f"/v1/leads/{lead['id']}")).json()["converted_at"] is None


async def test_a_won_deal_of_a_converted_lead_keeps_its_customer(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-131
    lead = await add("leads", title="L", contact_name="Anna")
    made = (await admin.post(f"/v1/leads/{lead['id']}/convert", json={"mode": "auto"})).json()
    win = won(uuid7(), lead_id=UUID(lead["id"]))
    await intake.hear(SUBSCRIPTION, win, service="deals")
    (merged,) = await intake.said("intake.party.merged")
    assert merged.data["into_id"] == made["customer_id"]
    assert len((await admin.get("/v1/customers")).json()["items"]) == 1


async def test_a_won_deal_whose_person_is_a_customer_keeps_that_one(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-119, INT-131
    customer = await add("customers", name="Anna", email="anna@acme.example")
    lead = await add("leads", title="L", contact_email="ANNA@acme.example")
    win = won(uuid7(), lead_id=UUID(lead["id"]))
    await intake.hear(SUBSCRIPTION, win, service="deals")
    after = (await admin.get(f"/v1/leads/{lead['id']}")).json()
    assert after["customer_id"] == customer["id"]
    (merged,) = await intake.said("intake.party.merged")
    assert (merged.data["from_id"], merged.data["into_id"]) == (
        str(win.customer_id), customer["id"],
    )  # fmt: skip


async def test_a_win_among_several_candidates_takes_none_of_them(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-131
    for _ in range(2):
        await add("contacts", first_name="Anna", emails=["anna@acme.example"])
        await add("companies", name="Acme")
    lead = await add(
        "leads", title="L", contact_name="Anna", contact_email="anna@acme.example",
        company_name="Acme",
    )  # fmt: skip
    win = won(uuid7(), lead_id=UUID(lead["id"]))
    await intake.hear(SUBSCRIPTION, win, service="deals")
    after = (await admin.get(f"/v1/leads/{lead['id']}")).json()
    assert (after["customer_id"], after["company_id"]) == (str(win.customer_id), None)
    assert len((await admin.get("/v1/contacts")).json()["items"]) == 3


async def test_a_win_with_a_customer_or_without_any_party_makes_nobody(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-131
    contact = await add("contacts", first_name="Anna")
    wins = [
        won(uuid7(), contact_id=UUID(contact["id"]), customer_is_new=False),
        won(uuid7(), contact_id=UUID(contact["id"]), customer_id=None),
        won(uuid7()),
        won(uuid7(), lead_id=uuid7(), contact_id=uuid7(), company_id=uuid7()),
    ]
    await intake.hear(SUBSCRIPTION, *wins, service="deals")
    assert (await admin.get("/v1/customers")).json()["items"] == []


async def test_a_lead_is_lost_with_its_last_deal_and_qualified_again_when_one_reopens(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-114
    lead = await add("leads", title="L")
    one, two = deal(lead["id"]), deal(lead["id"])
    await intake.hear(SUBSCRIPTION, one, two, service="deals")

    async def status() -> str:
        answer = (await admin.get(f"/v1/leads/{lead['id']}")).json()
        return str(answer["status"]["code"])

    refused = await admin.delete(f"/v1/leads/{lead['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "lead_has_deal")
    await intake.hear(SUBSCRIPTION, lost(one.deal_id, lead["id"]), service="deals", version=2)
    assert await status() == "new"
    await intake.hear(SUBSCRIPTION, lost(two.deal_id, lead["id"]), service="deals", version=2)
    assert await status() == "lost"
    reopened = DealReopened(deal_id=one.deal_id, stage_id=uuid7(), previous="lost", at=NOW)
    await intake.hear(SUBSCRIPTION, reopened, service="deals", version=4)
    assert await status() == "qualified"
    await intake.hear(SUBSCRIPTION, lost(one.deal_id, lead["id"]), service="deals", version=3)
    assert await status() == "qualified"
    for removed in (one, two):
        event = DealDeleted(deal_id=removed.deal_id)
        await intake.hear(SUBSCRIPTION, event, service="deals", version=9)
    assert (await admin.get(f"/v1/leads/{lead['id']}")).json()["deals"] == []
    assert (await admin.delete(f"/v1/leads/{lead['id']}")).status_code == 204


async def test_an_event_before_its_cause_is_no_failure(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:
    lead = await add("leads", title="L")
    made = deal(lead["id"])
    await intake.hear(SUBSCRIPTION, lost(made.deal_id, lead["id"]), service="deals", version=5)
    await intake.hear(SUBSCRIPTION, made, service="deals", version=1)
    after = (await admin.get(f"/v1/leads/{lead['id']}")).json()
    assert [(d["name"], d["status"]) for d in after["deals"]] == [("Pumps", "lost")]
    assert after["status"]["code"] == "lost"


async def test_letters_tell_when_somebody_was_last_in_touch_with_a_lead(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-080
    lead = await add("leads", title="L")
    request = await add("requests", subject="P", first_name="Anna")
    assert lead["was_in_touch"] is None
    refs = (Ref(kind="lead", id=lead["id"]), Ref(kind="request", id=request["id"]))

    def letter(day: int, *links: Ref) -> EmailSent:
        return EmailSent(
            message_id=uuid7(), mailbox_id=uuid7(), to=(), links=links, kind="plain",
            at=NOW.replace(day=day),
        )  # fmt: skip

    tied = EmailLinked(
        message_id=uuid7(), direction="in", links=refs[:1], way="hand", at=NOW.replace(day=9)
    )
    letters = (letter(5, *refs), tied, letter(7, *refs), letter(8, Ref(kind="deal", id=uuid7())))
    await intake.hear(SUBSCRIPTION, *letters, service="mail")
    after = (await admin.get(f"/v1/leads/{lead['id']}")).json()
    assert after == {**lead, "was_in_touch": "2026-11-09"}
    spawned = (await admin.get(f"/v1/leads/{request['lead_id']}")).json()
    assert spawned["was_in_touch"] == "2026-11-07"
    refused = await admin.patch(f"/v1/leads/{lead['id']}", json={"was_in_touch": "2026-11-10"})
    assert refused.status_code == 422
