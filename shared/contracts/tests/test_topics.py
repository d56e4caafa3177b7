"""The catalogue of events against the table of the specification (EVT-010)."""

import re
from importlib import import_module
from itertools import product

import pytest

from contracts.catalogue import SERVICES, load_all
from contracts.event import Event

ROWS = {
    "EVT-011": "{intake,deals,mail,gateway}.audit.recorded",
    "EVT-012": "intake.request.received",
    "EVT-013": "intake.request.{updated,assigned}",
    "EVT-014": "intake.request.validated",
    "EVT-015": "intake.request.{rejected,marked_duplicate,reopened}",
    "EVT-016": "intake.request.deal_requested",
    "EVT-017": "intake.request.{case_closed,case_reopened}",
    "EVT-018": "intake.request.{deleted,restored}",
    "EVT-019": "intake.submission.{quarantined,released}",
    "EVT-020": "intake.lead.created",
    "EVT-021": "intake.lead.updated",
    "EVT-022": "intake.lead.assigned",
    "EVT-023": "intake.lead.status_changed",
    "EVT-024": "intake.lead.promoted",
    "EVT-025": "intake.lead.converted",
    "EVT-026": "intake.lead.scored",
    "EVT-027": "intake.lead.{deleted,restored}",
    "EVT-028": "intake.company.{created,updated,deleted,restored}",
    "EVT-029": "intake.contact.{created,updated,deleted,restored,erased}",
    "EVT-030": "intake.customer.{created,updated,blacklisted,deleted,restored}",
    "EVT-031": "intake.party.{merged,merge_undone}",
    "EVT-032": "intake.party.handed_over",
    "EVT-033": "intake.{lead_status,lead_source,customer_group,tag,client_type,industry,"
    "custom_field,country}.changed",
    "EVT-034": "{intake,deals}.import.finished",
    "EVT-035": "deals.deal.created",
    "EVT-036": "deals.deal.updated",
    "EVT-037": "deals.deal.assigned",
    "EVT-038": "deals.deal.stage_changed",
    "EVT-039": "deals.deal.won",
    "EVT-040": "deals.deal.lost",
    "EVT-041": "deals.deal.reopened",
    "EVT-042": "deals.deal.next_step_set",
    "EVT-043": "deals.deal.{deleted,restored}",
    "EVT-044": "deals.output.{added,changed,removed}",
    "EVT-045": "deals.shipment.changed",
    "EVT-046": "deals.payment.recorded",
    "EVT-047": "deals.payment.{changed,deleted}",
    "EVT-048": "deals.deal.paid_in_full",
    "EVT-049": "deals.{currency.changed,rate.recorded}",
    "EVT-050": "deals.{pipeline,stage,closing_reason,product}.changed",
    "EVT-051": "deals.contract.{created,activated,signed,expiry_announced,expired,renewed,"
    "cancelled}",
    "EVT-052": "deals.{quote,signal}.changed",
    "EVT-053": "mail.email.received",
    "EVT-054": "mail.email.{linked,unlinked}",
    "EVT-055": "mail.email.sent",
    "EVT-056": "mail.email.{failed,bounced}",
    "EVT-057": "mail.communication.{logged,changed,deleted}",
    "EVT-058": "mail.mailing.{started,paused,finished,cancelled}",
    "EVT-059": "mail.campaign.{created,changed,activated,completed,cancelled}",
    "EVT-060": "mail.campaign.{lead_enrolled,lead_unenrolled,step_sent}",
    "EVT-061": "mail.recipient.{unsubscribed,resubscribed}",
    "EVT-062": "mail.mailbox.failed",
    "EVT-070": "gateway.user.{created,changed,deactivated}",
    "EVT-071": "gateway.{role,department,team}.changed",
    "EVT-072": "gateway.module.switched",
    "EVT-073": "gateway.api_key.revoked",
    "EVT-074": "{intake,deals,mail,gateway}.setting.changed",
    "EVT-075": "{intake,deals}.deletion.{asked,approved,refused}",
    "EVT-076": "{intake,deals,mail}.file.{added,removed}",
}

IRREGULAR = {"won", "lost", "sent", "paid_in_full", "next_step_set", "step_sent", "merge_undone"}
IRREGULAR |= {"handed_over", "marked_duplicate"}


def ours() -> dict[str, type[Event]]:
    """Answer the contract events alone: tests of other packages may declare events too."""
    return {t: cls for t, cls in load_all().items() if cls.__module__.startswith("contracts.")}


def topics_of(row: str) -> set[str]:
    """Spell out a row: `a.{b,c}` stands for `a.b` and `a.c`."""
    choices = [part.split(",") for part in re.split(r"[{}]", row)]
    plain = [[",".join(part)] if at % 2 == 0 else part for at, part in enumerate(choices)]
    return {"".join(chosen) for chosen in product(*plain)}


ALL = pytest.mark.parametrize("event_class", ours().values(), ids=ours().keys())


def test_the_catalogue_lists_exactly_the_topics_of_the_table() -> None:
    assert set(ours()) == set().union(*map(topics_of, ROWS.values()))
    assert len(ours()) == sum(len(topics_of(row)) for row in ROWS.values())


def test_the_catalogue_is_sorted_by_topic() -> None:
    assert list(load_all()) == sorted(load_all())


@ALL
def test_a_topic_is_a_service_a_noun_and_a_past_participle(event_class: type[Event]) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+\.[a-z_]+", event_class.topic)
    service, noun, verb = event_class.topic.split(".")
    assert service in SERVICES
    assert noun == event_class.entity
    assert verb.endswith("ed") or verb in IRREGULAR


@ALL
def test_an_event_is_found_in_the_package_of_its_producer(event_class: type[Event]) -> None:
    """EVT-010: the producer is the first word of the topic."""
    service = import_module(f"contracts.{event_class.topic.split('.')[0]}")
    assert getattr(service, event_class.__name__) is event_class


@ALL
def test_an_event_is_explained_in_its_own_words(event_class: type[Event]) -> None:
    sentence = (event_class.__doc__ or "").partition("\n")[0]
    assert re.fullmatch(r"[A-Z].{10,}\.", sentence)
    assert not sentence.startswith("Base of")


def test_no_two_events_are_explained_alike() -> None:
    sentences = [cls.__doc__ for cls in ours().values()]
    assert len(set(sentences)) == len(sentences)
