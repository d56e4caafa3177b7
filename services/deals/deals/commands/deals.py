"""Makes, removes and restores deals."""

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
from chassis.database import there
from contracts.deals import DealDeleted, DealRestored
from deals import events
from deals.commands.changes import appeared, bury, new, revive, say
from deals.commands.edits import PEOPLE, PLAIN, searchable
from deals.commands.outcome import Actor, enter_stage, move_deal
from deals.models import Deal, Output, Payment, Pipeline, Stage
from deals.models.deal import CODE_PREFIX, deal_number
from deals.queries.placing import choose_stage, find_default_pipeline, find_pipeline
from deals.queries.preferences import get_preferences
from deals.queries.references import (
    check_references,
    currency_of_department,
    departments_of,
)
from kernel import clock
from kernel.errors import Conflict, invalid
from kernel.ids import ticket, uuid7

GENERATED = re.compile(CODE_PREFIX + "[0-9]+")
CREATED = ("code", "ticket", "pipeline_id", "stage_id", "status", *PEOPLE, *PLAIN)
ABSENT: dict[str, Any] = dict.fromkeys(
    (*PLAIN, *PEOPLE, "stage_before_id", "closed_on", "lost_at", "import_source", "external_id")
)
UNSET = {
    **ABSENT,
    "amount": Decimal(0),
    "priority": 0,
    "important": False,
    "remind_me": False,
    "is_paid_in_full": False,
}


async def create_deal(session: AsyncSession, values: Mapping[str, Any], caller: Caller) -> Deal:
    """Make a deal as somebody asked for it, with everything left out filled in.

    Raises:
        Invalid: a field names what is unknown or must not be used.
        Conflict: the code is taken, or a request is needed and none is named.
        Forbidden: the caller's right does not reach such a deal.
    """
    draft = dict(values)
    draft.setdefault("owner_id", caller.user_id)
    preferences = await get_preferences(session)
    if preferences.require_assignment and draft["owner_id"] is None:
        raise invalid("owner_id", "a deal needs an owner", "deal_owner_required")
    if preferences.require_request and draft.get("request_id") is None:
        raise Conflict("Deals are made from requests only.", code="deal_request_required")
    await check_references(session, values)
    await _refuse_taken_code(session, draft.get("code"))
    if draft.get("department_id") is None:
        departments = await departments_of(session, draft["owner_id"] or caller.user_id)
        draft["department_id"] = departments[0] if departments else None
    pipeline_id = await _choose_pipeline(session, draft, preferences.default_pipeline)
    stage = await choose_stage(session, pipeline_id, draft.pop("stage_id", None))
    start = stage
    if stage.is_won or stage.is_lost:
        start = await choose_stage(session, pipeline_id, None)
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
    given = {name: value for name, value in draft.items() if value is not None}
    code = given.get("code") or f"{CODE_PREFIX}{await session.scalar(deal_number.next_value())}"
    now = clock.now()
    values = {
        "crm_ref": uuid7(),
        "ticket": ticket(),
        "probability": await _probability(session, stage),
        **given,
        "code": code,
        "pipeline_id": stage.pipeline_id,
        "stage_id": stage.id,
        "stage_entered_at": now,
        "status": "open",
        "probability_is_manual": "probability" in given,
        "won_at": now if stage.is_conditional_win else None,
        **searchable(given["name"], given.get("description"), given.get("next_step")),
    }
    deal = new(session, Deal, id_=values.pop("id", None), **{**UNSET, **values})
    if caller:
        caller.require("deals.deal.add", deal)
    enter_stage(session, deal, place, Decimal(0))
    say(session, deal, events.deal_created(deal))
    audit.record(session, "deal", deal.id, "created", appeared(deal, CREATED))
    await _store(session, deal)
    return deal


async def _store(session: AsyncSession, deal: Deal) -> None:
    """Write a new or restored deal while others may bring one with its code or external id."""
    code, external_id = deal.code, deal.external_id  # not to be read after a failure
    try:
        await session.flush()
    except IntegrityError as error:
        if "uq_deal_code" in str(error.orig):
            detail = f"There is a deal {code} already."
            raise Conflict(detail, code="deal_code_taken") from error
        if "uq_deal_external_id" in str(error.orig):
            detail = f"The deal {external_id} was imported again."
            raise Conflict(detail, code="deal_external_id_taken") from error
        raise


async def _refuse_taken_code(session: AsyncSession, wanted: str | None) -> None:
    """Refuse a code of the caller's own that a deal has, or that the next one might get."""
    if wanted is None:
        return
    if GENERATED.fullmatch(wanted):
        raise invalid("code", "codes of this form are given by the system", "deal_code_reserved")
    if await session.scalar(select(Deal.id).where(Deal.code == wanted, there(Deal))):
        raise Conflict(f"There is a deal {wanted} already.", code="deal_code_taken")


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
    bury(session, deal)
    say(session, deal, DealDeleted(deal_id=deal.id))
    audit.record(session, "deal", deal.id, "deleted", {"name": (deal.name, None)})


async def restore_deal(session: AsyncSession, deal: Deal) -> None:
    """Bring a removed, locked deal back.

    Raises:
        Conflict: another one has its code or external id by now.
    """
    revive(session, deal)
    await _store(session, deal)
    say(session, deal, DealRestored(deal_id=deal.id))
    audit.record(session, "deal", deal.id, "restored", {"name": (None, deal.name)})
