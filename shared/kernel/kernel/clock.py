"""The one clock of the suite. Tests set it with `frozen`; nothing else reads the system's time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_frozen_at: datetime | None = None
_zone = ZoneInfo("UTC")


def now() -> datetime:
    """Answer the present instant in UTC."""
    return _frozen_at or datetime.now(UTC)  # noqa: TID251 - the one place that may


def use_zone(zone: ZoneInfo) -> None:
    """Set the company's time zone for this process."""
    global _zone  # noqa: PLW0603 - a deployment is one company
    _zone = zone


def zone() -> ZoneInfo:
    """Answer the company's time zone."""
    return _zone


def today() -> date:
    """Answer the business date: the date in the company's time zone."""
    return now().astimezone(_zone).date()


@contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Let `now` answer `instant`, which must carry a zone, until the block ends."""
    global _frozen_at  # noqa: PLW0603 - a clock is one of a kind
    before, _frozen_at = _frozen_at, instant.astimezone(UTC)
    try:
        yield
    finally:
        _frozen_at = before
