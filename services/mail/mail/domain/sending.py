"""When a letter is tried again, and when it is given up (MAI-028, test C6 of reliability)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
LATER: Final = timedelta(hours=2)
GIVE_UP_AFTER: Final = timedelta(hours=48)
FIRST_LASTING: Final = 500


class Recipient(StrEnum):
    """How far a letter came for one recipient."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"


class Stage(StrEnum):
    """How far a try came: after `data` only the server knows whether it has the letter."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DATA = "data"


@dataclass(frozen=True)
class Reply:
    """What the server said about one recipient; code 0 is a connection that failed."""

    code: int
    text: str

    @property
    def verdict(self) -> Recipient:
        """Answer accepted (2xx), refused (5xx), or else: try again."""
        if 200 <= self.code < 300:  # noqa: PLR2004 - the reply classes of RFC 5321
            return Recipient.SENT
        return Recipient.REFUSED if self.code >= FIRST_LASTING else Recipient.WAITING


def next_try(attempts: int, first_at: datetime, now: datetime, jitter: float) -> datetime | None:
    """Answer when to try again after `attempts` tries, or none when 48 hours are over.

    `jitter` is between -1 and 1 and moves the pause by up to a fifth.
    """
    pause = PAUSES[attempts - 1] if attempts <= len(PAUSES) else LATER
    at = now + pause * (1 + jitter / 5)
    return at if at - first_at <= GIVE_UP_AFTER else None


def outcome(states: Iterable[Recipient]) -> str:
    """Answer the state of a letter whose recipients are in these states."""
    found = set(states)
    if Recipient.WAITING in found:
        return "queued"
    return "sent" if Recipient.SENT in found else "failed"
