"""Edits deals: fields, place in the pipelines, and closing reason, together or each alone."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from deals import events
from deals.commands.changes import changed_since, say, stamp, values_of
from deals.commands.outcome import Actor, close_deal, move_deal, offered_reason, reopen_deal
from deals.commands.paid_in_full import settle_paid_in_full
from deals.domain.outcome import Outcome, Why
from deals.models import Deal
from deals.queries.placing import choose_stage, find_pipeline
from deals.queries.references import check_references
from kernel.errors import invalid
from kernel.text import fold, trigrams

PEOPLE = ("owner_id", "co_owner_id", "team_id")
SEARCHED = ("name", "description", "next_step")
PLAIN = (
    *SEARCHED,
    "amount",
    "probability",
    "probability_is_manual",
    "expected_close",
    "department_id",
    "company_id",
    "contact_id",
    "customer_id",
    "partner_id",
    "lead_id",
    "request_id",
    "source_id",
    "priority",
    "important",
    "next_step_date",
    "remind_me",
    "country",
    "city",
    "reason_id",
    "note",
)
PLACE = ("pipeline_id", "stage_id")
WHY = ("reason_id", "note")


def searchable(name: str, *rest: str | None) -> dict[str, Any]:
    """Answer the columns by which a deal is found."""
    text = " ".join(part for part in (name, *rest) if part)
    return {"search_key": fold(text), "search_trigrams": trigrams(text)}


async def change_deal(
    session: AsyncSession, deal: Deal, given: Mapping[str, Any], actor: Actor
) -> None:
    """Edit a locked deal as one form: its fields, then its stage, then its closing reason.

    A stage sets the probability, unless one is given with it (R07).
    """
    place, why = _part(given, PLACE), _part(given, WHY)
    last = _part(given, ("probability",)) if place or why else {}
    fields = {name: given[name] for name in given.keys() - {*place, *why, *last}}
    await _edit_fields(session, deal, fields)
    if place:
        await _place(session, deal, {**place, **why}, actor)
    if why:
        await _explain(session, deal, why, actor)
    if last:
        await _edit_fields(session, deal, last)


def _part(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


async def _edit_fields(session: AsyncSession, deal: Deal, given: Mapping[str, Any]) -> None:
    """Set fields that do not touch stage or outcome.

    Raises:
        Invalid: a field names what is unknown, or a closed deal would get another currency or
            probability.
    """
    different = {name: value for name, value in given.items() if getattr(deal, name) != value}
    if deal.status != "open" and "currency" in different:
        raise invalid("amount/currency", "a closed deal keeps its currency", "deal_closed")
    if deal.status != "open" and "probability" in different:
        raise invalid("probability", "is certain once a deal is closed", "deal_closed")
    await check_references(session, different)
    if "probability" in given and deal.status == "open":
        different["probability_is_manual"] = True
    await set_fields(session, deal, different)


async def set_fields(session: AsyncSession, deal: Deal, given: Mapping[str, Any]) -> None:
    """Set checked fields of a locked deal; tell and audit what is different now."""
    before = values_of(deal, (*PLAIN, *PEOPLE))
    old_owner_id = deal.owner_id
    for name, value in given.items():
        setattr(deal, name, value)
    changes = changed_since(before, deal)
    if not changes:
        return
    if changes.keys() & set(SEARCHED):
        for name, value in searchable(deal.name, deal.description, deal.next_step).items():
            setattr(deal, name, value)
    stamp(session, deal)
    if plain := {name: change for name, change in changes.items() if name not in PEOPLE}:
        say(session, deal, events.deal_updated(deal, plain))
    if changes.keys() & set(PEOPLE):
        say(session, deal, events.deal_assigned(deal, old_owner_id))
    audit.record(session, "deal", deal.id, "changed", changes)
    if "amount" in changes:
        await settle_paid_in_full(session, deal)


async def _place(session: AsyncSession, deal: Deal, given: Mapping[str, Any], actor: Actor) -> None:
    """Move a deal to the stage given, and into the pipeline if there is one (DEA-030)."""
    pipeline_id, stage_id = given.get("pipeline_id", deal.pipeline_id), given.get("stage_id")
    stays = pipeline_id == deal.pipeline_id
    if stays and stage_id in (None, deal.stage_id):
        return
    if not stays and await find_pipeline(session, pipeline_id) is None:
        raise invalid("pipeline_id", "is not among the pipelines offered", "pipeline_unknown")
    stage = await choose_stage(session, pipeline_id, stage_id)
    actor.require("move", deal)
    await move_deal(session, deal, stage, actor, Why(given.get("reason_id"), given.get("note")))


async def _explain(
    session: AsyncSession, deal: Deal, given: Mapping[str, Any], actor: Actor
) -> None:
    """Set or clear the closing reason and its note: a reason closes, clearing it reopens (DEA-056).

    Raises:
        Invalid: the reason is not offered, or an open deal gets a note alone.
    """
    reason_id = given.get("reason_id", deal.reason_id)
    if reason_id != deal.reason_id:
        if reason_id is None:
            await reopen_deal(session, deal, None, actor)
            return
        reason = await offered_reason(session, reason_id)
        if deal.status != reason.outcome:
            why = Why(reason_id, given.get("note"))
            await close_deal(session, deal, cast(Outcome, reason.outcome), actor, why)
            return
        actor.require("close", deal)
    if deal.status == "open" and given.get("note") is not None:
        raise invalid("note", "belongs to a closed deal; give its closing reason too", "deal_open")
    await set_fields(session, deal, given)
