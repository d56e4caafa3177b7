"""The records letters belong to come back from their owners' logs (GAT-021, EVT-009)."""

from typing import Any

from services.mail.tests.factories import contact_created, deal_created, lead_created

from chassis.testing.refilling import copies_of, lose_copies, refill_beside
from chassis.testing.service import body_of
from contracts.deals import DealAssigned, DealUpdated
from contracts.gateway import UserCreated
from contracts.intake import CompanyCreated, ContactDeleted, ContactRestored, LeadConverted
from kernel import clock
from kernel.ids import uuid7
from mail.consumers import SUBSCRIPTION


async def test_lost_records_come_back_and_no_letter_is_linked_again(
    office: Any, dovecot: Any, write_raw: Any
) -> None:
    """GAT-021, EVT-004, EVT-009; a letter whose link was made before is told of once."""
    owner, service = office.seller.user_id, office.service
    await office.add_mailbox("refilled")
    request = await office.add_request()
    dovecot.deliver("refilled", write_raw(f"Q [ticket:{request.ticket}]"))
    await office.sync()
    contact, lead = contact_created(), lead_created(owner)
    deal = deal_created(
        owner, contact_id=contact.contact_id, ticket=request.ticket, request_id=request.request_id
    )
    company = CompanyCreated(company_id=uuid7(), name="Acme", email="a@acme.example", active=True)
    converted = LeadConverted(
        lead_id=lead.lead_id, crm_ref=lead.crm_ref, customer_id=uuid7(), customer_is_new=True,
        company_id=company.company_id, contact_id=contact.contact_id, owner_id=owner,
        linked_deal_ids=(deal.deal_id,), carry_communications=True, converted_at=clock.now(),
    )  # fmt: skip
    user = UserCreated(
        user_id=owner, name="Sam", email="sam@example.com", roles=(), department_ids=(uuid7(),),
        team_ids=(), time_zone="UTC", language="en", active=True,
    )  # fmt: skip
    said = [
        body_of(user, "gateway", 7),
        body_of(request, "intake"),
        body_of(contact, "intake"),
        body_of(ContactDeleted(**contact.model_dump()), "intake", 2),
        body_of(ContactRestored(**contact.model_dump()), "intake", 3),
        body_of(company, "intake"),
        body_of(lead, "intake"),
        body_of(converted, "intake", 2),
        body_of(deal, "deals"),
        body_of(DealAssigned(deal_id=deal.deal_id, owner_id=owner), "deals", 2),
    ]
    renamed = DealUpdated(deal_id=deal.deal_id, changed={"name": ("Twelve pumps", "Six pumps")})
    told = {owner, request.request_id, contact.contact_id, lead.lead_id}
    told |= {company.company_id, deal.deal_id}
    await service.deliver(SUBSCRIPTION, said)
    await service.deliver(SUBSCRIPTION, [body_of(renamed, "deals", 3)])
    copies = await copies_of(service, SUBSCRIPTION)
    spoken = len(await service.said())
    assert len(await service.said("mail.email.linked")) == 2

    await lose_copies(service, SUBSCRIPTION)
    done = await refill_beside(service, SUBSCRIPTION, said, [body_of(renamed, "deals", 3)])

    assert await copies_of(service, SUBSCRIPTION) == {id_: copies[id_] for id_ in told}
    record = copies[deal.deal_id]
    assert (record["name"], record["ticket"], record["version"]) == ("Six pumps", deal.ticket, 3)
    assert copies[lead.lead_id]["company_id"] == company.company_id
    assert (done.failed, done.ahead) == ([], [])
    assert len(await service.said()) == spoken
