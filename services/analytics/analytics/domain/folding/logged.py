"""What a fold reads and what it makes."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from kernel import clock

State = dict[str, Any]
"""A folded aggregate as JSON: the columns of its row by name, and what only the fold needs."""


class Logged(NamedTuple):
    """One event of an aggregate as the log keeps it; `at` is when it was said."""

    event_id: UUID
    topic: str
    version: int
    at: datetime
    department_id: str | None
    team_id: str | None
    data: dict[str, Any]


Handler = Callable[[State, Logged], None]
"""Changes a state in place by one event."""


def day(instant: str | datetime) -> str:
    """Answer the business date of an instant: its date in the company's zone (ANA-009)."""
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return at.astimezone(clock.zone()).date().isoformat()


def utc(instant: str | datetime) -> str:
    """Write an instant the one way states have it."""
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return at.astimezone(UTC).isoformat()


def take(state: State, data: Mapping[str, Any], names: Iterable[str]) -> None:
    """Copy fields that an event says as they are now; one it does not know is empty."""
    for name in names:
        state[name] = data.get(name)


def take_changed(state: State, changed: Mapping[str, Any], names: Iterable[str]) -> None:
    """Copy the new values of those fields that an edit changed."""
    for name in names:
        if name in changed:
            state[name] = changed[name][1]


def take_money(state: State, money: Mapping[str, Any] | None) -> None:
    """Copy an amount and its currency into their two columns."""
    state["amount"] = money["amount"] if money else None
    state["currency"] = money["currency"] if money else None


def delete(state: State, _: Logged) -> None:
    """Take the record out of every figure (ANA-017)."""
    state["deleted"] = True


def restore(state: State, _: Logged) -> None:
    """Bring the record back into the figures."""
    state["deleted"] = False
