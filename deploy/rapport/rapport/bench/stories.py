"""What the services say in the life of deals, from inquiry to payment, as it would be said.

Seven facts and an audit entry for each; the stories of many deals run side by side.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chassis.event_log import log_row
from chassis.origin import by_system
from contracts import deals, intake
from contracts.event import Event
from kernel import clock
from kernel.ids import ticket, uuid7
from kernel.money import Money

AT_ONCE: Final = 50
"""How many stories run side by side."""
ORIGIN: Final = by_system("bench")
PIPELINE, STAGES, OWNER = uuid7(), (uuid7(), uuid7(), uuid7()), uuid7()
AUDITED: Final = {"intake": intake.AuditRecorded, "deals": deals.AuditRecorded}


@dataclass(frozen=True)
class Said:
    """One event as a row of its service's event log."""

    service: str
    row: dict[str, Any]


def tell(events: int) -> list[Said]:
    """Tell as many stories as make so many events, each aggregate's in its order."""
    chance = random.Random(7)  # noqa: S311 - the same mix every time
    stories: list[Iterator[Said]] = []
    said: list[Said] = []
    number = 0
    while len(said) < events:
        while len(stories) < AT_ONCE:
            number += 1
            stories.append(_story(number))
        place = chance.randrange(len(stories))
        upcoming = next(stories[place], None)
        if upcoming:
            said.append(upcoming)
        else:
            del stories[place]
    return said


def _story(number: int) -> Iterator[Said]:
    request_id, lead_id, deal_id = uuid7(), uuid7(), uuid7()
    amount = Money(currency="EUR", amount=number % 90_000 + 100)
    yield from _with_audit("intake", _request(request_id, lead_id, number), 1)
    yield from _with_audit("intake", _lead(request_id, lead_id, number), 1)
    yield from _with_audit("deals", deal_created(deal_id, amount, number), 1)
    yield from _with_audit("deals", _moved(deal_id), 2)
    yield from _with_audit("deals", _updated(deal_id, number), 3)
    yield from _with_audit("deals", _won(deal_id, amount, number), 4)
    yield from _with_audit("deals", _paid(deal_id, amount), 1)


def _with_audit(service: str, event: Event, version: int) -> Iterator[Said]:
    yield Said(service, log_row(service, ORIGIN, event, version))
    entry = AUDITED[service](
        entry_id=uuid7(),
        record={"kind": event.entity, "id": event.aggregate_id},
        action="changed",
        way="api",
        actor=ORIGIN.actor,
        changes=[
            {"field": name, "old": None, "new": f"what the {name} is now"}
            for name in ("name", "description", "owner_id", "amount")
        ],
        at=clock.now(),
    )
    yield Said(service, log_row(service, ORIGIN, entry, 1))


def _request(request_id: Any, lead_id: Any, number: int) -> Event:
    return intake.RequestReceived(
        request_id=request_id,
        ticket=ticket(),
        channel="form",
        subject=f"Pumps for plant {number}",
        person={"name": "Vera Wanderer", "email": f"vera@wanderer{number}.example"},
        country="DE",
        state="pending",
        kind="commercial",
        primary=True,
        lead_id=lead_id,
        product_ids=(),
        received_at=clock.now(),
        client_requests=1,
    )


def _lead(request_id: Any, lead_id: Any, number: int) -> Event:
    return intake.LeadCreated(
        lead_id=lead_id,
        crm_ref=lead_id,
        title=f"Pumps for plant {number}",
        email=f"vera@wanderer{number}.example",
        status_id=STAGES[0],
        priority=0,
        owner_id=OWNER,
        origin="form",
        request_id=request_id,
    )


def deal_created(deal_id: Any, amount: Money, number: int) -> Event:
    """Say that a deal was made."""
    return deals.DealCreated(
        deal_id=deal_id,
        code=f"D-{number}",
        crm_ref=uuid7(),
        name=f"Replace the pumps of plant {number}",
        ticket=ticket(),
        pipeline_id=PIPELINE,
        stage_id=STAGES[0],
        amount=amount,
        probability=50,
        expected_close=date(2027, 1, 31),
        status="open",
        owner_id=OWNER,
        department_id=uuid7(),
        company_id=uuid7(),
        tags=(),
    )


def _moved(deal_id: Any) -> Event:
    return deals.DealStageChanged(
        deal_id=deal_id,
        pipeline_id=PIPELINE,
        from_id=STAGES[0],
        to_id=STAGES[1],
        probability=70,
        at=clock.now(),
        days_in_previous=3,
        way="form",
    )


def _updated(deal_id: Any, number: int) -> Event:
    changed = {"name": ("Pumps", f"All pumps of plant {number}"), "probability": (70, 80)}
    return deals.DealUpdated(deal_id=deal_id, changed=changed)


def _won(deal_id: Any, amount: Money, number: int) -> Event:
    return deals.DealWon(
        deal_id=deal_id,
        name=f"All pumps of plant {number}",
        amount=amount,
        closed_on=clock.today(),
        won_at=clock.now(),
        owner_id=OWNER,
        customer_is_new=False,
        cycle_days=30,
        pipeline_id=PIPELINE,
        stage_id=STAGES[2],
    )


def _paid(deal_id: Any, amount: Money) -> Event:
    return deals.PaymentRecorded(
        payment_id=uuid7(),
        deal_id=deal_id,
        amount=amount,
        date=clock.today(),
        status="received",
        via_representation=False,
    )
