"""Moves, closes and reopens deals: one way for board, form, API, reasons and events (DEA-052)."""

from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from chassis.auth import Caller
from chassis.event_log import origin_of
from deals import events
from deals.commands.changes import changed_since, say, stamp, values_of
from deals.commands.expected_payments import cancel_expected_payments, restore_expected_payments
from deals.domain import outcome
from deals.domain.outcome import Change, Moment, Outcome, State, Why
from deals.models import ClosingReason, Deal, Stage, StageEntry
from deals.queries.pipelines import closing_reasons
from deals.queries.placing import (
    find_closing_stage,
    find_first_stage,
    find_stage,
    get_own_stage,
    is_after_conditional_win,
    step_of,
)
from deals.queries.preferences import get_preferences
from deals.queries.references import find_customer_of
from kernel import clock
from kernel.errors import Conflict, invalid
from kernel.ids import uuid7

STATE_FIELDS = tuple(field.name for field in fields(State))
DAY_SECONDS = 86_400
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Actor:
    """Who moves a deal: `place` is where (board or form), `caller` is none for events and jobs."""

    place: str
    caller: Caller | None = None

    def require(self, right: str, deal: Deal) -> None:
        """Refuse what the caller's right does not reach."""
        if self.caller:
            self.caller.require(f"deals.deal.{right}", deal)


RULE = Actor("rule")


async def move_deal(
    session: AsyncSession, deal: Deal, target: Stage, actor: Actor, why: Why = outcome.NO_REASON
) -> None:
    """Put a locked deal into another stage, closing or reopening it as the stage says."""
    origin = step_of(await get_own_stage(session, deal.stage_id))
    after_win = bool(deal.won_at) and await is_after_conditional_win(session, target)
    step = step_of(target, is_after_conditional_win=after_win)
    change = outcome.move(state_of(deal), origin, step, moment(), why)
    await _apply(session, deal, change, actor, target.pipeline_id)


async def close_deal(
    session: AsyncSession, deal: Deal, result: Outcome, actor: Actor, why: Why = outcome.NO_REASON
) -> None:
    """Close a locked deal, moving it to its pipeline's won or lost stage if there is one."""
    stage = await find_closing_stage(session, deal.pipeline_id, result)
    if stage is not None and stage.id != deal.stage_id:
        await move_deal(session, deal, stage, actor, why)
        return
    change = outcome.close_in_place(state_of(deal), result, moment(), why)
    await _apply(session, deal, change, actor)


async def win_or_lose_deal(
    session: AsyncSession, deal: Deal, result: Outcome, actor: Actor, why: Why
) -> None:
    """Close a locked open deal.

    Raises:
        Conflict: it is closed already and must be reopened first (DEA-057).
    """
    if deal.status != "open":
        raise Conflict("The deal is closed; reopen it first.", code="deal_closed")
    await close_deal(session, deal, result, actor, why)


async def reopen_deal(
    session: AsyncSession, deal: Deal, stage_id: UUID | None, actor: Actor
) -> None:
    """Reopen a locked deal into the stage asked for, else the one before closing (DEA-056).

    Raises:
        Conflict: it is open.
        Invalid: the stage is not an open one of its pipeline.
    """
    if deal.status == "open":
        raise Conflict("The deal is open.", code="deal_open")
    stage = await _find_open_stage(session, deal.pipeline_id, stage_id or deal.stage_before_id)
    if stage is None and stage_id is None:
        stage = await find_first_stage(session, deal.pipeline_id)
    if stage is None:
        raise invalid("stage_id", "is not an open stage of the deal's pipeline", "stage_not_open")
    if stage.id == deal.stage_id:
        change = outcome.reopen_in_place(state_of(deal), step_of(stage))
        await _apply(session, deal, change, actor)
        return
    await move_deal(session, deal, stage, actor)


async def _find_open_stage(
    session: AsyncSession, pipeline_id: UUID, stage_id: UUID | None
) -> Stage | None:
    stage = await find_stage(session, pipeline_id, stage_id) if stage_id else None
    return None if stage is None or stage.is_won or stage.is_lost else stage


def state_of(deal: Deal) -> State:
    """Answer a deal as the rules of the outcome see it."""
    return State(**{name: getattr(deal, name) for name in STATE_FIELDS})


def moment() -> Moment:
    """Answer now and today."""
    return Moment(clock.now(), clock.today())


async def _apply(
    session: AsyncSession,
    deal: Deal,
    change: Change,
    actor: Actor,
    pipeline_id: UUID | None = None,
) -> None:
    """Carry a change out: check it, store it, tell it, and let payments and customer follow."""
    if change.after == state_of(deal):
        return
    await _refuse_forbidden(session, deal, change, actor)
    before = values_of(deal, (*STATE_FIELDS, "pipeline_id", "customer_id"))
    old_status, old_stage_id = deal.status, deal.stage_id
    deal.pipeline_id = pipeline_id or deal.pipeline_id
    if change.after.probability != deal.probability:
        deal.probability_is_manual = False
    for name, value in asdict(change.after).items():
        setattr(deal, name, value)
    stamp(session, deal)
    if change.moved:
        _enter(session, deal, old_stage_id, actor)
    if change.closed == "won":
        await _win(session, deal)
    elif change.closed == "lost":
        await _lose(session, deal)
    elif change.reopened:
        say(session, deal, events.deal_reopened(deal, old_status))
    if old_status == "lost":
        await restore_expected_payments(session, deal)
    action = change.closed or ("reopened" if change.reopened else "moved")
    audit.record(session, "deal", deal.id, action, changed_since(before, deal))


def _enter(session: AsyncSession, deal: Deal, old_stage_id: UUID, actor: Actor) -> None:
    now = clock.now()
    seconds = Decimal((now - deal.stage_entered_at).total_seconds())
    entry = enter_stage(session, deal, actor.place, (seconds / DAY_SECONDS).quantize(CENT))
    deal.stage_entered_at = now
    say(session, deal, events.deal_stage_changed(deal, old_stage_id, entry))


def enter_stage(session: AsyncSession, deal: Deal, place: str, days: Decimal) -> StageEntry:
    """Note that a deal entered the stage it is in (DEA-072)."""
    origin = origin_of(session)
    ways = {"web": place, "api": "api", "import": "import"}
    entry = StageEntry(
        id=uuid7(),
        deal_id=deal.id,
        stage_id=deal.stage_id,
        entered_at=clock.now(),
        author=origin.actor,
        way=ways.get(origin.way, "rule"),
        days_in_previous=days,
    )
    session.add(entry)
    return entry


async def _refuse_forbidden(
    session: AsyncSession, deal: Deal, change: Change, actor: Actor
) -> None:
    if change.reopened:
        actor.require("reopen", deal)
    if change.closed is None:
        return
    actor.require("close", deal)
    preferences = await get_preferences(session)
    after = change.after
    if after.reason_id:
        reason = await offered_reason(session, after.reason_id)
        if reason.outcome != change.closed:
            problem = f"is not a reason for {change.closed} deals"
            raise invalid("reason_id", problem, "closing_reason_of_other_outcome")
    explained = after.reason_id or after.note
    if change.closed == "lost" and preferences.require_lost_reason and not explained:
        raise invalid("reason_id", "say why the deal is lost", "lost_reason_required")
    if change.closed == "won" and preferences.require_amount_on_won and not deal.amount:
        raise invalid("amount", "a won deal needs an amount", "won_amount_required")


async def offered_reason(session: AsyncSession, reason_id: UUID) -> ClosingReason:
    """Answer a closing reason that may be given, and keep it from being removed until the commit.

    Raises:
        Invalid: there is no such reason, or it is offered no more (DEA-058).
    """
    query = closing_reasons().where(ClosingReason.id == reason_id, ClosingReason.is_active)
    reason = await session.scalar(query.with_for_update(read=True, key_share=True))
    if reason is None:
        raise invalid("reason_id", "is not among the reasons offered", "closing_reason_unknown")
    return reason


async def _win(session: AsyncSession, deal: Deal) -> None:
    """Make sure the client is a customer, without asking intake (DEA-061), and tell."""
    is_new = False
    if deal.customer_id is None:
        deal.customer_id = await find_customer_of(session, deal.company_id, deal.contact_id)
        has_party = any((deal.company_id, deal.contact_id, deal.lead_id))
        preferences = await get_preferences(session)
        if deal.customer_id is None and has_party and preferences.create_customer_on_won:
            deal.customer_id, is_new = uuid7(), True
    say(session, deal, events.deal_won(deal, customer_is_new=is_new, cycle_days=_cycle_days(deal)))


def _cycle_days(deal: Deal) -> int:
    created_on = deal.created_at.astimezone(clock.zone()).date()
    return max(0, (deal.closed_on - created_on).days) if deal.closed_on else 0


async def _lose(session: AsyncSession, deal: Deal) -> None:
    irrelevant = False
    if deal.reason_id:
        reason = await session.get_one(ClosingReason, deal.reason_id)
        irrelevant = reason.is_irrelevant
    say(session, deal, events.deal_lost(deal, irrelevant=irrelevant))
    await cancel_expected_payments(session, deal)
