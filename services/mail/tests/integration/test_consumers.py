"""What mail learns from the other services' events."""

from typing import Any

from services.mail.tests.factories import lead_created

from contracts.deals import DealAssigned, DealDeleted, DealUpdated
from contracts.intake import (
    DealRequested,
    LeadConverted,
    LeadUpdated,
    NewDeal,
    RequestReceived,
)
from kernel import clock
from kernel.ids import uuid7
from kernel.money import Money
from mail.consumers import SUBSCRIPTION
from mail.models import CrmRecord


async def _record(office: Any, record_id: Any) -> CrmRecord | None:
    async with office.service.database.reading() as session:
        found: CrmRecord | None = await session.get(CrmRecord, record_id)
        return found


def _asked_for(request: RequestReceived, **fields: Any) -> DealRequested:
    return DealRequested(
        request_id=request.request_id,
        deal_id=uuid7(),
        crm_ref=uuid7(),
        ticket=request.ticket,
        name="Pumps",
        product_ids=(),
        **fields,
    )


async def test_a_deal_made_from_a_request_takes_the_letters_of_its_ticket(
    office: Any, dovecot: Any, write_raw: Any
) -> None:
    """MAI-017, MAI-021, EVT-016: heard twice and before the deal itself, it is done once."""
    await office.add_mailbox("takes")
    request = await office.add_request()
    dovecot.deliver("takes", write_raw(f"Q [ticket:{request.ticket}]"))
    await office.sync()
    asked = _asked_for(request, contact_id=uuid7())
    bodies = await office.service.hear(SUBSCRIPTION, asked, service="intake", version=2)
    await office.service.deliver(SUBSCRIPTION, bodies)
    first, second = await office.service.said("mail.email.linked")
    assert {link["kind"] for link in first.data["links"]} == {"request"}
    assert {link["kind"] for link in second.data["links"]} == {"request", "deal", "contact"}
    deal = await office.add_deal(
        deal_id=asked.deal_id, ticket=request.ticket, request_id=request.request_id
    )
    dovecot.deliver("takes", write_raw(f"Another [ticket:{request.ticket}]"))
    await office.sync()
    assert len(await office.letters_of(deal)) == 2
    newest = (await office.service.said("mail.email.linked"))[-1]
    assert {link["kind"] for link in newest.data["links"]} == {"deal", "contact"}


async def test_a_converted_lead_hands_its_letters_on(office: Any) -> None:
    """MAI-043, EVT-025."""
    await office.add_mailbox("sam")
    lead = lead_created(office.seller.user_id)
    await office.service.hear(SUBSCRIPTION, lead, service="intake")
    async with office.service.client(office.seller) as client:
        record = {"kind": "lead", "id": str(lead.lead_id)}
        body = {"record": record, "text": "Hello"}
        draft = (await client.post("/v1/messages", json=body)).json()
    await office.order(draft)
    await office.deliver_queue()
    deal = NewDeal(
        deal_id=uuid7(),
        name="Pumps",
        amount=Money(amount="1", currency="EUR"),
        pipeline_id=uuid7(),
        stage_id=uuid7(),
    )
    converted = LeadConverted(
        lead_id=lead.lead_id,
        crm_ref=lead.crm_ref,
        customer_id=uuid7(),
        company_id=uuid7(),
        contact_id=uuid7(),
        customer_is_new=True,
        deal=deal,
        linked_deal_ids=(deal.deal_id,),
        carry_communications=True,
        converted_at=clock.now(),
    )
    await office.service.hear(SUBSCRIPTION, converted, service="intake", version=2)
    letter = await office.read(draft)
    assert {link["kind"] for link in letter["links"]} == {"lead", "company", "contact", "deal"}
    (told,) = await office.service.said("mail.email.linked")
    assert {link["kind"] for link in told.data["links"]} == {"lead", "company", "contact", "deal"}
    assert told.aggregateversion == letter["version"]


async def test_an_older_event_changes_nothing_and_a_partial_one_only_what_it_carries(
    office: Any,
) -> None:
    """EVT-004."""
    deal = await office.add_deal("First name")
    renamed = DealUpdated(deal_id=deal.deal_id, changed={"name": ("First name", "New name")})
    await office.service.hear(SUBSCRIPTION, renamed, service="deals", version=3)
    older = DealUpdated(
        deal_id=deal.deal_id, changed={"name": ("a", "b"), "contact_id": (None, str(uuid7()))}
    )
    await office.service.hear(SUBSCRIPTION, older, service="deals", version=2)
    record = await _record(office, deal.deal_id)
    assert record is not None
    assert (record.name, record.contact_id, record.ticket) == (
        "New name",
        deal.contact_id,
        deal.ticket,
    )
    owner = uuid7()
    moved = DealAssigned(deal_id=deal.deal_id, owner_id=owner)
    await office.service.hear(SUBSCRIPTION, moved, service="deals", version=4)
    unknown = LeadUpdated(lead_id=uuid7(), changed={"title": (None, "Later"), "score": (1, 2)})
    await office.service.hear(SUBSCRIPTION, unknown, service="intake", version=7)
    record = await _record(office, deal.deal_id)
    assert record is not None
    assert (record.owner_id, record.name) == (owner, "New name")
    lead = await _record(office, unknown.lead_id)
    assert lead is not None
    assert (lead.name, lead.version, lead.kind) == ("Later", 7, "lead")


async def test_the_ticket_of_a_deleted_deal_links_nothing(
    office: Any, dovecot: Any, write_raw: Any
) -> None:
    """MAI-018."""
    await office.add_mailbox("dead")
    deal = await office.add_deal()
    gone = DealDeleted(deal_id=deal.deal_id)
    await office.service.hear(SUBSCRIPTION, gone, service="deals", version=2)
    dovecot.deliver("dead", write_raw(f"[ticket:{deal.ticket}]"))
    await office.sync()
    assert await office.letters_of(deal) == []
    assert await office.service.said() == []
