"""What the gateway knows of others' records comes back from their logs (GAT-021, EVT-009)."""

from typing import Any
from uuid import UUID

import orjson

from chassis.event_log import log_row
from chassis.origin import by_system
from chassis.testing.refilling import copies_of, lose_copies, refill_beside
from contracts.deals import DealDeleted, DealRestored
from contracts.event import Event
from contracts.intake import LeadAssigned, LeadSourceDefined
from gateway.consumers import SUBSCRIPTION
from kernel.ids import uuid7

Suite = Any


def _said(event: Event, version: int, department: str) -> bytes:
    service = event.topic.partition(".")[0]
    row = log_row(service, by_system("test"), event, version, department_id=UUID(department))
    return orjson.dumps(row["envelope"])


async def test_a_record_said_before_the_gateway_listened_keeps_its_department(
    suite: Suite,
) -> None:
    """GAT-021, GAT-033, EVT-004: departments that were in use all along cannot be deleted."""
    north = (await suite.add("departments", name="North"))["id"]
    south = (await suite.add("departments", name="South"))["id"]
    admin = await suite.login()
    lead = LeadAssigned(lead_id=uuid7(), title="T", mode="manual", nobody=True)
    source = LeadSourceDefined(id=uuid7(), name="Fair", flags={}, active=True, deleted=False)
    deal = uuid7()
    before = [
        _said(lead, 1, north),
        _said(source, 1, north),
        _said(DealRestored(deal_id=deal), 1, north),
        _said(DealDeleted(deal_id=deal), 2, north),
    ]
    moved = _said(lead, 2, south)
    assert await copies_of(suite.service, SUBSCRIPTION) == {}
    said = len(await suite.service.said())

    done = await refill_beside(suite.service, SUBSCRIPTION, before, [moved])

    refused = await admin.delete(f"/gateway/departments/{north}")
    assert (refused.status_code, refused.json()["uses"]) == (409, {"lead_source": 1})
    refused = await admin.delete(f"/gateway/departments/{south}")
    assert (refused.status_code, refused.json()["uses"]) == (409, {"lead": 1})
    copies = await copies_of(suite.service, SUBSCRIPTION)
    assert copies[deal]["deleted"]
    assert (done.failed, done.ahead, len(await suite.service.said())) == ([], [], said)
    await lose_copies(suite.service, SUBSCRIPTION)
    await refill_beside(suite.service, SUBSCRIPTION, [*before, moved], [])
    assert await copies_of(suite.service, SUBSCRIPTION) == copies
