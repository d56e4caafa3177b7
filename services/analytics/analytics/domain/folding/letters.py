"""How letters come out of their events."""

from typing import Final

from analytics.domain.folding.logged import Handler, Logged, State, day, take, utc


def _received(state: State, event: Logged) -> None:
    take(state, event.data, ("owner_id", "team_id"))
    _written(state, event, "in", event.data["sent_at"])


def _sent(state: State, event: Logged) -> None:
    _tied(state, event)
    _written(state, event, "out", event.data["at"])


def _written(state: State, event: Logged, direction: str, at: str) -> None:
    take(state, event.data, ("mailbox_id", "ticket"))
    state |= {"created": True, "direction": direction, "at": utc(at), "sent_on": day(at)}


def _tied(state: State, event: Logged) -> None:
    """Take the records the letter belongs to: each time all of them are told."""
    state["record_ids"] = [link["id"] for link in event.data["links"]]


def _failed(state: State, event: Logged) -> None:
    _tied(state, event)
    state["failed"] = True


HANDLERS: Final[dict[str, Handler]] = {
    "mail.email.received": _received,
    "mail.email.sent": _sent,
    "mail.email.linked": _tied,
    "mail.email.failed": _failed,
    "mail.email.bounced": _failed,
}
