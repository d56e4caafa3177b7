"""Events of other services with everything filled in that a test does not care about."""

from typing import Any
from uuid import UUID

from contracts.deals import DealCreated
from contracts.intake import ContactCreated, LeadCreated, Person, RequestReceived
from kernel import clock
from kernel.ids import ticket, uuid7
from kernel.money import Money


def contact_created(**fields: Any) -> ContactCreated:
    values = {
        "contact_id": uuid7(),
        "name": "Ann Buyer",
        "emails": ("ann@buyer.example",),
        "phones": (),
        "do_not_email": False,
        "active": True,
    }
    return ContactCreated(**{**values, **fields})


def lead_created(owner_id: UUID, **fields: Any) -> LeadCreated:
    values = {
        "lead_id": uuid7(),
        "crm_ref": uuid7(),
        "title": "Wants pumps",
        "email": "lead@pump.example",
        "status_id": uuid7(),
        "priority": 0,
        "owner_id": owner_id,
        "origin": "manual",
    }
    return LeadCreated(**{**values, **fields})


def request_received(owner_id: UUID, **fields: Any) -> RequestReceived:
    values = {
        "request_id": uuid7(),
        "ticket": ticket(),
        "channel": "form",
        "subject": "Price?",
        "person": Person(email="asks@pump.example"),
        "state": "pending",
        "kind": "commercial",
        "primary": True,
        "owner_id": owner_id,
        "product_ids": (),
        "received_at": clock.now(),
        "client_requests": 1,
    }
    return RequestReceived(**{**values, **fields})


def deal_created(owner_id: UUID, **fields: Any) -> DealCreated:
    values = {
        "deal_id": uuid7(),
        "code": "D-1000",
        "crm_ref": uuid7(),
        "name": "Twelve pumps",
        "ticket": ticket(),
        "pipeline_id": uuid7(),
        "stage_id": uuid7(),
        "amount": Money(amount="100", currency="EUR"),
        "probability": 50,
        "status": "open",
        "owner_id": owner_id,
        "tags": (),
    }
    return DealCreated(**{**values, **fields})
