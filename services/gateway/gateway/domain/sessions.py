"""How long a login lasts, and what a refresh token that comes back means."""

from datetime import datetime, timedelta
from enum import Enum

GRACE = timedelta(seconds=10)
IDLE = timedelta(days=7)
LONGEST = timedelta(days=30)


class Refresh(Enum):
    """What to do with a refresh token."""

    ROTATE = "rotate"
    REPEAT = "repeat"
    """It was used a moment ago: an answer was lost or two tabs raced; give the same successor."""
    REUSED = "reused"
    """Somebody kept a copy of a used token: end the whole session."""
    EXPIRED = "expired"


def judge(now: datetime, *, began: datetime, issued: datetime, used: datetime | None) -> Refresh:
    """Judge a token of a live session that `began`, `issued` then and perhaps `used` since."""
    if used is not None:
        return Refresh.REPEAT if now - used <= GRACE else Refresh.REUSED
    if now - issued > IDLE or now - began > LONGEST:
        return Refresh.EXPIRED
    return Refresh.ROTATE
