"""Folding: what an aggregate is now is its events, taken one after the other by version.

Whatever order they came in and however often, the log has each once, so the fold is the same
(ANA-005). `HANDLERS` says which events matter to a kind; all others are logged and nothing more.
"""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from analytics.domain.folding import deals, dictionaries, intake, letters, money
from analytics.domain.folding.logged import Handler, Logged, State

HANDLERS: Final[Mapping[str, Mapping[str, Handler]]] = {
    "deal": deals.HANDLERS,
    "output": money.LINE,
    "payment": money.PAYMENT,
    "currency": money.CURRENCY,
    "rate": money.RATE,
    "request": intake.REQUEST,
    "lead": intake.LEAD,
    "company": intake.COMPANY,
    "customer": intake.CUSTOMER,
    "email": letters.HANDLERS,
    "user": dictionaries.USER,
    "department": dictionaries.DEPARTMENT,
    "team": dictionaries.TEAM,
    "lead_source": dictionaries.SOURCE,
    "lead_status": dictionaries.LEAD_STATUS,
    "pipeline": dictionaries.PIPELINE,
    "stage": dictionaries.STAGE,
    "closing_reason": dictionaries.REASON,
    "product": dictionaries.PRODUCT,
}
"""The handlers of each kind of aggregate by topic."""

KINDS: Final[Mapping[str, str]] = {
    topic: kind for kind, handlers in HANDLERS.items() for topic in handlers
}
"""The kind that an event's topic belongs to, for the topics that make facts."""


def begin(aggregate_id: UUID) -> State:
    """Answer the state of an aggregate nothing is known of."""
    return {"id": str(aggregate_id), "version": 0, "created": False, "deleted": False}


def fold(kind: str, state: State, events: Iterable[Logged]) -> State:
    """Carry `state` on by `events` of one aggregate, which come in the order of their versions.

    The state says in `counts` whether the record is in the figures: it was created, which may
    still be on its way, and is not deleted.
    """
    handlers = HANDLERS[kind]
    for event in events:
        handlers[event.topic](state, event)
        if event.department_id:
            state["department_id"] = event.department_id
        if event.team_id:
            state["team_id"] = event.team_id
        state["version"] = event.version
    state["counts"] = state["created"] and not state["deleted"]
    return state


def in_order(events: Iterable[Logged]) -> list[Logged]:
    """Sort the events of one aggregate into the order they are folded in."""
    return sorted(events, key=lambda event: (event.version, event.event_id))
