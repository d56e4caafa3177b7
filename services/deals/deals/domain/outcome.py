"""The one routine by which deals move, close and reopen, whichever way it is reached (DEA-052).

    change = move(state, origin, target, moment)
    change.after      what the deal looks like afterwards
    change.moved      it is in another stage now
    change.closed     it was closed by this, as "won" or "lost"
    change.reopened   it was closed before and is open now, or closed the other way

What a stage means is in its flags, never in its name.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

Status = Literal["open", "won", "lost"]
Outcome = Literal["won", "lost"]


@dataclass(frozen=True)
class Step:
    """A stage, as far as the outcome depends on it.

    `is_after_conditional_win` says that a conditional-win stage stands before it in its pipeline.
    """

    id: UUID
    probability: int | None
    is_won: bool = False
    is_lost: bool = False
    is_conditional_win: bool = False
    is_after_conditional_win: bool = False

    @property
    def status(self) -> Status:
        """Answer what a deal in this stage is."""
        if self.is_won:
            return "won"
        return "lost" if self.is_lost else "open"


@dataclass(frozen=True)
class State:
    """A deal, as far as it has to do with its outcome."""

    status: Status
    stage_id: UUID
    stage_before_id: UUID | None
    probability: int
    closed_on: date | None = None
    won_at: datetime | None = None
    lost_at: datetime | None = None
    reason_id: UUID | None = None
    note: str | None = None


@dataclass(frozen=True)
class Why:
    """The reason given for closing, if any."""

    reason_id: UUID | None = None
    note: str | None = None


@dataclass(frozen=True)
class Moment:
    """When it happens: the instant, and the business date."""

    now: datetime
    today: date


@dataclass(frozen=True)
class Change:
    """What becomes of a deal."""

    after: State
    moved: bool
    closed: Outcome | None
    reopened: bool


NO_REASON = Why()


def move(state: State, origin: Step, target: Step, moment: Moment, why: Why = NO_REASON) -> Change:
    """Put a deal into `target`, a stage of the pipeline it is or will be in.

    Args:
        state: the deal before.
        origin: the stage it is in.
        target: the stage it goes to.
        moment: now and today.
        why: the reason, should `target` close the deal.
    """
    if target.id == state.stage_id:
        return Change(state, moved=False, closed=None, reopened=False)
    after = replace(state, stage_id=target.id)
    if target.status == "open":
        after = _opened(after, target) if state.status != "open" else _advanced(after, target)
        after = _conditionally_won(after, target, moment)
        return Change(after, moved=True, closed=None, reopened=state.status != "open")
    if target.status == state.status:  # the pipeline's won or lost flag sits on another stage now
        return Change(after, moved=True, closed=None, reopened=False)
    before = state.stage_id if origin.status == "open" else state.stage_before_id
    after = _closed(replace(after, stage_before_id=before), target.status, moment, why)
    return Change(after, moved=True, closed=target.status, reopened=False)


def close_in_place(state: State, outcome: Outcome, moment: Moment, why: Why) -> Change:
    """Close a deal whose pipeline has no stage for the outcome: it stays where it is (DEA-056)."""
    after = _closed(replace(state, stage_before_id=state.stage_id), outcome, moment, why)
    return Change(after, moved=False, closed=outcome, reopened=False)


def reopen_in_place(state: State, stage: Step) -> Change:
    """Reopen a deal that was closed without leaving its stage."""
    return Change(_opened(state, stage), moved=False, closed=None, reopened=True)


def _closed(state: State, outcome: Outcome, moment: Moment, why: Why) -> State:
    won = outcome == "won"
    return replace(
        state,
        status=outcome,
        closed_on=moment.today,
        won_at=moment.now if won else None,
        lost_at=None if won else moment.now,
        probability=100 if won else 0,
        reason_id=why.reason_id,
        note=why.note,
    )


def _opened(state: State, stage: Step) -> State:
    return replace(
        state,
        status="open",
        closed_on=None,
        won_at=None,
        lost_at=None,
        reason_id=None,
        note=None,
        probability=state.probability if stage.probability is None else stage.probability,
    )


def _advanced(state: State, stage: Step) -> State:
    """Follow an open deal into its next stage, which sets the probability if it has one (R07)."""
    if stage.probability is None:
        return state
    return replace(state, probability=stage.probability)


def _conditionally_won(state: State, target: Step, moment: Moment) -> State:
    """Stamp the conditional win on entering its stage; going back before it clears the stamp."""
    if target.is_conditional_win:
        return replace(state, won_at=state.won_at or moment.now)
    if target.is_after_conditional_win:
        return state
    return replace(state, won_at=None)
