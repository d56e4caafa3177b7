"""Makes, edits, removes and restores deals."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from chassis.auth import Caller
from contracts.deals import DealDeleted, DealRestored
from deals import events
from deals.commands.changes import appeared, changed_since, new, say, stamp, values_of
from deals.commands.outcome import Actor, enter_stage, move_deal
from deals.commands.paid_in_full import settle_paid_in_full
from deals.domain.outcome import Why
from deals.models import Deal, Output, Payment, Pipeline, Stage
from deals.models.deal import deal_number
from deals.queries.placing import find_default_pipeline, find_first_stage, find_pipeline, find_stage
from deals.queries.preferences import get_preferences
from deals.queries.references import (
    check_references,
    currency_of_department,
    departments_of,
)
from kernel import clock
from kernel.errors import Conflict, invalid
from kernel.ids import ticket, uuid7
from kernel.text import fold, trigrams

GENERATED = re.compile(r"D-[0-9]+")
PEOPLE = ("owner_id", "co_owner_id", "team_id")
SEARCHED = ("name", "description", "next_step")
PLAIN = (
    *SEARCHED,
    "amount",
    "probability",
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
CREATED = ("code", "ticket", "pipeline_id", "stage_id", "status", *PEOPLE, *PLAIN)
ABSENT: dict[str, Any] = dict.fromkeys(
    (*PLAIN, *PEOPLE, "stage_before_id", "closed_on", "lost_at", "import_source", "external_id")
)
UNSET = {**ABSENT, "priority": 0, "important": False, "remind_me": False}


def searchable(name: str, *rest: str | None) -> dict[str, Any]:
    """Answer the columns by which a deal is found."""
    text = " ".join(part for part in (name, *rest) if part)
    return {"search_key": fold(text), "search_trigrams": trigrams(text)}


async def create_deal(session: AsyncSession, values: Mapping[str, Any], caller: Caller) -> Deal:
    """Make a deal as somebody asked for it, with everything left out filled in.

    Raises:
        Invalid: a field names what is unknown or must not be used.
        Forbidden: the caller's right does not reach such a deal.
    """
    draft = dict(values)
    draft.setdefault("owner_id", caller.user_id)
    preferences = await get_preferences(session)
    if preferences.require_assignment and draft["owner_id"] is None:
        raise invalid("owner_id", "a deal needs an owner", "required")
    if preferences.require_request and draft.get("request_id") is None:
        raise invalid("request_id", "a deal needs a request", "required")
    await check_references(session, draft)
    await _refuse_taken_code(session, draft.get("code"))
    if draft.get("department_id") is None:
        departments = await departments_of(session, draft["owner_id"] or caller.user_id)
        draft["department_id"] = departments[0] if departments else None
    pipeline_id = await _choose_pipeline(session, draft, preferences.default_pipeline)
    stage = await _choose_stage(session, pipeline_id, draft.pop("stage_id", None))
    start = stage
    if stage.is_won or stage.is_lost:
        start = await _choose_stage(session, pipeline_id, None)
    if draft.get("currency") is None:
        draft["currency"] = await currency_of_department(session, draft["department_id"])
    deal = await open_deal(session, start, draft, place="form", caller=caller)
    if stage is not start:
        await move_deal(session, deal, stage, Actor("form", caller))
    return deal


async def open_deal(
    session: AsyncSession,
    stage: Stage,
    draft: Mapping[str, Any],
    *,
    place: str,
    caller: Caller | None = None,
) -> Deal:
    """Store and tell a complete draft as a new deal in an open stage."""
    values = {**UNSET, **{name: value for name, value in draft.items() if value is not None}}
    manual = values["probability"] is not None
    if not manual:
        values["probability"] = await _probability(session, stage)
    code = values.pop("code", None) or f"D-{await session.scalar(deal_number.next_value())}"
    values.setdefault("crm_ref", uuid7())
    values.setdefault("ticket", ticket())
    deal = new(
        session,
        Deal,
        id_=values.pop("id", None),
        **{**values, "amount": values["amount"] or Decimal(0), "pipeline_id": stage.pipeline_id},
        **searchable(*(values[name] for name in SEARCHED)),
        code=code,
        stage_id=stage.id,
        stage_entered_at=clock.now(),
        status="open",
        probability_is_manual=manual,
        won_at=clock.now() if stage.is_conditional_win else None,
        is_paid_in_full=False,
    )
    if caller:
        caller.require("deals.deal.add", deal)
    enter_stage(session, deal, place, Decimal(0))
    say(session, deal, events.deal_created(deal))
    audit.record(session, "deal", deal.id, "created", appeared(deal, CREATED))
    try:
        await session.flush()
    except IntegrityError as error:  # two callers with one code of their own, at once
        raise Conflict(f"There is a deal {code} already.", code="code_taken") from error
    return deal


async def _refuse_taken_code(session: AsyncSession, wanted: str | None) -> None:
    """Refuse a code of the caller's own that a deal has, or that the next one might get."""
    if wanted is None:
        return
    if GENERATED.fullmatch(wanted):
        raise invalid("code", "codes of this form are given by the system", "code_reserved")
    if await session.scalar(select(Deal.id).where(Deal.code == wanted)):
        raise Conflict(f"There is a deal {wanted} already.", code="code_taken")


async def _probability(session: AsyncSession, stage: Stage) -> int:
    if stage.probability is not None:
        return stage.probability
    return (await get_preferences(session)).default_probability


async def _choose_pipeline(
    session: AsyncSession, draft: dict[str, Any], preferred: UUID | None
) -> UUID:
    pipeline: Pipeline | None
    if wanted := draft.pop("pipeline_id", None):
        pipeline = await find_pipeline(session, wanted)
    else:
        pipeline = await find_default_pipeline(session, preferred, draft["department_id"])
    if pipeline is None:
        raise invalid("pipeline_id", "is not among the pipelines offered", "pipeline_unknown")
    return pipeline.id


async def _choose_stage(session: AsyncSession, pipeline_id: UUID, wanted: UUID | None) -> Stage:
    if wanted:
        stage = await find_stage(session, pipeline_id, wanted)
    else:
        stage = await find_first_stage(session, pipeline_id)
    if stage is None:
        raise invalid("stage_id", "is not among the pipeline's stages", "stage_unknown")
    return stage


async def edit_deal(session: AsyncSession, deal: Deal, given: Mapping[str, Any]) -> None:
    """Set fields of a locked deal that do not touch its stage or outcome.

    Raises:
        Invalid: a field names what is unknown, or the currency of a closed deal changes.
    """
    if given.get("currency", deal.currency) != deal.currency and deal.status != "open":
        raise invalid("amount/currency", "a closed deal keeps its currency", "deal_closed")
    await check_references(
        session,
        {name: value for name, value in given.items() if getattr(deal, name) != value},
    )
    await set_fields(session, deal, given)


async def set_fields(session: AsyncSession, deal: Deal, given: Mapping[str, Any]) -> None:
    """Set checked fields of a locked deal; tell and audit what is different now."""
    before = values_of(deal, (*PLAIN, *PEOPLE))
    old_owner_id = deal.owner_id
    for name, value in given.items():
        setattr(deal, name, value)
    if given.get("probability") is not None:
        deal.probability_is_manual = True
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


async def place_deal(
    session: AsyncSession, deal: Deal, given: Mapping[str, Any], actor: Actor
) -> None:
    """Move a locked deal to the stage given, and pipeline if there is one (DEA-030)."""
    pipeline_id, stage_id = given.get("pipeline_id", deal.pipeline_id), given.get("stage_id")
    if pipeline_id != deal.pipeline_id and await find_pipeline(session, pipeline_id) is None:
        raise invalid("pipeline_id", "is not among the pipelines offered", "pipeline_unknown")
    if stage_id == deal.stage_id or (stage_id is None and pipeline_id == deal.pipeline_id):
        return
    stage = await _choose_stage(session, pipeline_id, stage_id)
    actor.require("move", deal)
    why = Why(given.get("reason_id"), given.get("note"))
    await move_deal(session, deal, stage, actor, why)


async def delete_deal(session: AsyncSession, deal: Deal) -> None:
    """Remove a locked deal softly.

    Raises:
        Conflict: money came in for it, or something was shipped.
    """
    received = select(Payment.id).where(
        Payment.deal_id == deal.id, Payment.deleted_at.is_(None), Payment.status == "received"
    )
    shipped = select(Output.id).where(
        Output.deal_id == deal.id,
        Output.deleted_at.is_(None),
        Output.actual_ship_date.is_not(None),
    )
    if await session.scalar(select(exists(received) | exists(shipped))):
        raise Conflict("The deal has received payments or shipped lines.", code="deal_in_use")
    deal.deleted_at = clock.now()
    stamp(session, deal)
    say(session, deal, DealDeleted(deal_id=deal.id))
    audit.record(session, "deal", deal.id, "deleted", {"name": (deal.name, None)})


async def restore_deal(session: AsyncSession, deal: Deal) -> None:
    """Bring a removed, locked deal back."""
    deal.deleted_at = None
    stamp(session, deal)
    say(session, deal, DealRestored(deal_id=deal.id))
    audit.record(session, "deal", deal.id, "restored", {"name": (None, deal.name)})
