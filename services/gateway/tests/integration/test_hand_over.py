"""What somebody has to take over from who leaves (GAT-030)."""

from typing import Any
from uuid import UUID

import orjson

from chassis.event_log import log_row
from chassis.origin import by_system
from chassis.testing.refilling import copies_of, lose_copies, refill_beside
from contracts import deals, intake, mail
from contracts.event import Event
from contracts.vocabulary import FieldChange, Ref
from gateway.consumers import SUBSCRIPTION
from kernel import clock
from kernel.ids import uuid7
from kernel.money import Money

Suite = Any
WORTH = Money(amount="1", currency="EUR")


def _request(request_id: UUID, owner_id: UUID | None) -> intake.RequestReceived:
    return intake.RequestReceived(
        request_id=request_id, ticket="t", channel="form", subject="S", person=intake.Person(),
        state="pending", kind="commercial", primary=True, owner_id=owner_id, product_ids=(),
        received_at=clock.now(), client_requests=1,
    )  # fmt: skip


def _deal(deal_id: UUID, owner_id: UUID, status: str = "open") -> deals.DealCreated:
    return deals.DealCreated(
        deal_id=deal_id, code="DEAL-1", crm_ref=uuid7(), name="D", ticket="t",
        pipeline_id=uuid7(), stage_id=uuid7(), amount=WORTH, probability=10, status=status,
        owner_id=owner_id, tags=(),
    )  # fmt: skip


def _lost(deal_id: UUID) -> deals.DealLost:
    return deals.DealLost(
        deal_id=deal_id, amount=WORTH, closed_on=clock.today(), stage_before_id=uuid7(),
        irrelevant=False, auto=False,
    )  # fmt: skip


def _won(deal_id: UUID, owner_id: UUID) -> deals.DealWon:
    return deals.DealWon(
        deal_id=deal_id, name="D", amount=WORTH, closed_on=clock.today(), won_at=clock.now(),
        owner_id=owner_id, customer_is_new=False, cycle_days=1,
    )  # fmt: skip


def _reopened(deal_id: UUID) -> deals.DealReopened:
    return deals.DealReopened(deal_id=deal_id, stage_id=uuid7(), previous="lost", at=clock.now())


def _mailbox(mailbox_id: UUID, action: str, **owner_id: UUID | None) -> mail.AuditRecorded:
    """Note a change of a mailbox as the service mail does."""
    changes = [FieldChange(field=name, new=value) for name, value in owner_id.items()]
    return mail.AuditRecorded(
        entry_id=uuid7(), record=Ref(kind="mailbox", id=mailbox_id), action=action, way="api",
        actor="test", changes=(FieldChange(field="name", new="M"), *changes), at=clock.now(),
    )  # fmt: skip


def _directory(owner_id: UUID) -> list[Event]:
    lead = intake.LeadCreated(
        lead_id=uuid7(), crm_ref=uuid7(), title="L", status_id=uuid7(), priority=0,
        owner_id=owner_id, origin="manual",
    )  # fmt: skip
    company = intake.CompanyCreated(company_id=uuid7(), name="C", active=False, owner_id=owner_id)
    contact = intake.ContactCreated(
        contact_id=uuid7(), name="C", emails=(), phones=(), do_not_email=False, active=True,
        owner_id=owner_id,
    )  # fmt: skip
    customer = intake.CustomerCreated(
        customer_id=uuid7(), code="C", name="C", owner_id=owner_id, discount=0, currency="EUR",
        terms="t", credit_limit=0, status="active", blacklisted=False,
    )  # fmt: skip
    return [lead, company, contact, customer]


async def _records(suite: Suite, user: str) -> dict[str, int]:
    answer = await (await suite.login()).get(f"/gateway/users/{user}/hand-over")
    assert answer.status_code == 200, answer.text
    return {owned["kind"]: owned["count"] for owned in answer.json()["records"]}


async def test_deactivation_counts_what_the_user_owns_and_says_where_it_is(suite: Suite) -> None:
    """GAT-030."""
    user = await suite.add_user("Anna")
    me, other = UUID(user["id"]), uuid7()
    said = [
        *(_request(uuid7(), owner) for owner in (me, me, other, None)),
        *(_deal(uuid7(), owner) for owner in (me, other)),
        _deal(uuid7(), me, "won"),
        _mailbox(uuid7(), "created", owner_id=me),
        *_directory(me),
        *_directory(other),
    ]
    for event in said:
        await suite.hear(event)
    admin, path = await suite.login(), f"/gateway/users/{user['id']}"
    shown = (await admin.get(f"{path}/hand-over")).json()
    gone = (await admin.post(f"{path}/deactivate")).json()
    assert gone.pop("user")["active"] is False
    assert gone == shown
    assert gone["records"] == [
        {"kind": kind, "count": count, "address": f"/api/v1/{address}"}
        for kind, count, address in (
            ("request", 2, f"intake/requests?state=pending&state=validated&owner_id={me}"),
            ("lead", 1, f"intake/leads?owner_id={me}"),
            ("company", 1, f"intake/companies?owner_id={me}"),
            ("contact", 1, f"intake/contacts?owner_id={me}"),
            ("customer", 1, f"intake/customers?owner_id={me}"),
            ("deal", 1, f"deals/deals?status=open&owner={me}"),
            ("mailbox", 1, "mail/mailboxes"),
        )
    ]


async def test_what_is_closed_deleted_or_somebody_elses_by_now_is_not_handed_over(
    suite: Suite,
) -> None:
    """GAT-030, EVT-004: who owns a record is known through every change that does not tell it."""
    anna, bert = [(await suite.add_user(name))["id"] for name in ("Anna", "Bert")]
    me, other = UUID(anna), UUID(bert)
    deal, request, lead, box = uuid7(), uuid7(), uuid7(), uuid7()
    decided = {"request_id": request, "state": "irrelevant"}
    assigned = {"lead_id": lead, "title": "L", "mode": "manual", "nobody": False}
    steps: list[tuple[Event, int, dict[str, int], dict[str, int]]] = [
        (_deal(deal, me), 1, {"deal": 1}, {}),
        (deals.DealUpdated(deal_id=deal, changed={"name": ("D", "E")}), 2, {"deal": 1}, {}),
        (_lost(deal), 3, {}, {}),
        (deals.DealUpdated(deal_id=deal, changed={"name": ("E", "F")}), 4, {}, {}),
        (_reopened(deal), 5, {"deal": 1}, {}),
        (_lost(deal), 3, {"deal": 1}, {}),  # late: changes nothing
        (deals.DealDeleted(deal_id=deal), 6, {}, {}),
        (deals.DealRestored(deal_id=deal), 7, {"deal": 1}, {}),
        (deals.DealAssigned(deal_id=deal, old_owner_id=me, owner_id=other), 8, {}, {"deal": 1}),
        (deals.DealAssigned(deal_id=deal, old_owner_id=other), 9, {}, {}),
        (deals.DealAssigned(deal_id=deal, owner_id=me), 10, {"deal": 1}, {}),
        (_won(deal, me), 11, {}, {}),
        (_request(request, me), 1, {"request": 1}, {}),
        (intake.RequestRejected(**decided), 2, {}, {}),
        (intake.RequestReopened(**decided), 3, {"request": 1}, {}),
        (intake.RequestMarkedDuplicate(**decided), 4, {}, {}),
        (intake.CaseReopened(request_id=request, at=clock.now()), 5, {"request": 1}, {}),
        (intake.CaseClosed(request_id=request, at=clock.now()), 6, {}, {}),
        (intake.LeadAssigned(**assigned, owner_id=me), 1, {"lead": 1}, {}),
        (intake.LeadAssigned(**assigned, owner_id=other), 2, {}, {"lead": 1}),
        (intake.LeadDeleted(lead_id=lead), 3, {}, {}),
        (_mailbox(box, "created", owner_id=me), 1, {"mailbox": 1}, {}),
        (_mailbox(box, "changed"), 1, {"mailbox": 1}, {}),
        (_mailbox(box, "deleted"), 1, {}, {}),
        (_mailbox(box, "restored"), 1, {"mailbox": 1}, {}),
        (_mailbox(box, "changed", owner_id=other), 1, {}, {"mailbox": 1}),
        (_mailbox(box, "purged"), 1, {}, {}),
    ]  # fmt: skip
    for event, version, annas, berts in steps:
        await suite.hear(event, version)
        assert (await _records(suite, anna), await _records(suite, bert)) == (annas, berts), event


async def test_owners_are_known_again_from_the_logs(suite: Suite) -> None:
    """GAT-021, GAT-030, EVT-009: also of records known before their owners were kept."""
    user = (await suite.add_user("Anna"))["id"]
    me, deal = UUID(user), uuid7()
    said: list[Event] = [
        _deal(deal, me), *(_directory(me)), _mailbox(uuid7(), "created", owner_id=me)
    ]  # fmt: skip
    bodies = [_body(event, 1) for event in said]
    updated = _body(deals.DealUpdated(deal_id=deal, changed={}), 2)
    await suite.service.deliver(SUBSCRIPTION, [updated])
    assert await _records(suite, user) == {}
    await refill_beside(suite.service, SUBSCRIPTION, [*bodies, updated], [])
    counts = dict.fromkeys(("lead", "company", "contact", "customer", "deal", "mailbox"), 1)
    assert await _records(suite, user) == counts
    copies = await copies_of(suite.service, SUBSCRIPTION)
    await lose_copies(suite.service, SUBSCRIPTION)
    await refill_beside(suite.service, SUBSCRIPTION, [*bodies, updated], [])
    assert await copies_of(suite.service, SUBSCRIPTION) == copies


def _body(event: Event, version: int) -> bytes:
    service = event.topic.partition(".")[0]
    return orjson.dumps(log_row(service, by_system("test"), event, version)["envelope"])


async def test_only_who_deactivates_users_sees_what_they_leave(suite: Suite) -> None:
    user = (await suite.add_user("Anna", "executive"))["id"]
    path = f"/gateway/users/{user}/hand-over"
    assert (await suite.client().get(path)).status_code == 401
    assert (await (await suite.login("anna@example.com")).get(path)).status_code == 403
    absent = await (await suite.login()).get(f"/gateway/users/{uuid7()}/hand-over")
    assert absent.status_code == 404


async def test_a_hand_over_costs_as_many_queries_for_many_records_as_for_none(
    suite: Suite,
) -> None:
    """GAT-008."""
    user = (await suite.add_user("Anna"))["id"]
    admin, path = await suite.login(), f"/gateway/users/{user}/hand-over"
    await admin.get(path)
    with suite.service.statements() as none:
        await admin.get(path)
    for event in (*_directory(UUID(user)), *(_deal(uuid7(), UUID(user)) for _ in range(5))):
        await suite.hear(event)
    with suite.service.statements() as many:
        assert len((await admin.get(path)).json()["records"]) == 5
    assert len(none) == len(many) <= 5
