"""Copies of others' records come back from their owners' logs (GAT-021, EVT-009)."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx2

from chassis.testing.refilling import copies_of, lose_copies, refill_beside
from chassis.testing.service import ServiceUnderTest, body_of
from contracts.deals import (
    DealCreated,
    DealDeleted,
    DealLost,
    DealReopened,
    DealRestored,
    DealWon,
    PipelineDefined,
    ProductDefined,
    StageDefined,
)
from contracts.gateway import DepartmentChanged, TeamChanged, UserCreated
from intake.consumers import SUBSCRIPTION
from kernel.ids import uuid7
from kernel.money import Money

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = date(2026, 11, 21)
EUR = Money(amount="5", currency="EUR")


def _deal(lead_id: UUID) -> DealCreated:
    return DealCreated(
        deal_id=uuid7(), code="D-1", crm_ref=uuid7(), name="Pumps", ticket="t",
        pipeline_id=uuid7(), stage_id=uuid7(), amount=EUR, probability=50, status="open",
        lead_id=lead_id, tags=(),
    )  # fmt: skip


def _won(deal: DealCreated) -> DealWon:
    return DealWon(
        deal_id=deal.deal_id, name="Pumps", amount=EUR, closed_on=TODAY, won_at=NOW, cycle_days=3,
        lead_id=deal.lead_id, customer_id=uuid7(), customer_is_new=True,
    )  # fmt: skip


def _lost(deal: DealCreated) -> DealLost:
    return DealLost(
        deal_id=deal.deal_id, amount=EUR, closed_on=TODAY, stage_before_id=uuid7(),
        irrelevant=False, auto=False, lead_id=deal.lead_id,
    )  # fmt: skip


def _dictionaries(department: UUID) -> list[bytes]:
    user = UserCreated(
        user_id=uuid7(), name="Ann", email="ann@example.com", roles=(),
        department_ids=(department,), team_ids=(), time_zone="UTC", language="en", active=True,
    )  # fmt: skip
    copied = DepartmentChanged(id=uuid7(), name="Copy", active=True, copied_from=department)
    rest: dict[str, Any] = {"name": "New", "flags": {}, "active": True, "deleted": False}
    pipeline = PipelineDefined(id=uuid7(), **rest)
    stage = StageDefined(id=uuid7(), pipeline_id=pipeline.id, position=3, **rest)
    return [
        body_of(user, "gateway"),
        body_of(copied, "gateway"),
        body_of(TeamChanged(id=uuid7(), name="South", active=False), "gateway"),
        body_of(pipeline, "deals"),
        body_of(stage, "deals"),
        body_of(ProductDefined(id=uuid7(), **rest), "deals"),
    ]


async def test_lost_copies_come_back_and_no_act_is_repeated(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:
    """GAT-021, EVT-003, EVT-004, EVT-009; nobody becomes a customer twice."""
    source = {"name": "Fair", "department_id": str(firm.sales)}
    assert (await admin.post("/v1/lead-sources", json=source)).status_code == 201
    known_before = await copies_of(intake, SUBSCRIPTION)
    leads = [await add("leads", title=f"L{n}", contact_name=f"Anna {n}") for n in range(3)]
    wins, loses, comes_back = (_deal(UUID(lead["id"])) for lead in leads)
    said = [
        *_dictionaries(firm.sales),
        *(body_of(deal, "deals") for deal in (wins, loses, comes_back)),
        body_of(_won(wins), "deals", 2),
        body_of(_lost(loses), "deals", 2),
        body_of(_lost(comes_back), "deals", 2),
        body_of(
            DealReopened(deal_id=comes_back.deal_id, stage_id=uuid7(), previous="lost", at=NOW),
            "deals",
            3,
        ),
        body_of(DealDeleted(deal_id=loses.deal_id), "deals", 3),
        body_of(DealRestored(deal_id=comes_back.deal_id), "deals", 4),
    ]
    live = DealDeleted(deal_id=wins.deal_id)
    await intake.deliver(SUBSCRIPTION, said)
    await intake.deliver(SUBSCRIPTION, [body_of(live, "deals", 3)])
    copies = await copies_of(intake, SUBSCRIPTION)
    expected = {id_: row for id_, row in copies.items() if id_ not in known_before}
    shown = [(await admin.get(f"/v1/leads/{lead['id']}")).json() for lead in leads]
    assert [lead["status"]["code"] for lead in shown] == ["converted", "lost", "qualified"]
    spoken = len(await intake.said())

    await lose_copies(intake, SUBSCRIPTION)
    done = await refill_beside(intake, SUBSCRIPTION, said, [body_of(live, "deals", 3)])

    assert await copies_of(intake, SUBSCRIPTION) == expected
    won = expected[wins.deal_id]
    assert (won["status"], won["deleted"], won["lead_id"]) == ("won", True, UUID(leads[0]["id"]))
    assert (done.failed, done.ahead) == ([], [])
    assert len(await intake.said()) == spoken
