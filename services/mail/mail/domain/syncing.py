"""How a mailbox is read: which letters a pass looks at, and when it comes again (MAI-009)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = 100
MOST_A_PASS: Final = 200
MOST_WINDOW_BYTES: Final = 8_000_000
LARGEST_LETTER: Final = 25_000_000
LONGEST_PAUSE: Final = timedelta(minutes=30)
SLACK: Final = timedelta(days=2)
LONGEST_WAIT: Final = timedelta(days=30)
"""How long a letter is remembered whose ticket leads nowhere."""

SENT_NAMES: Final = ("sent", "sent items", "sent messages", "sent mail", "[gmail]/sent mail")


def first_cursor(uids: Sequence[int]) -> int:
    """Answer where reading a new folder begins: one pass before its end.

    Tickets are as old as this suite, so what lies deeper is history to be imported by hand.
    """
    return uids[-MOST_A_PASS - 1] if len(uids) > MOST_A_PASS else 0


def windows(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Split UIDs into runs of at most a hundred."""
    for start in range(0, len(uids), WINDOW):
        yield uids[start : start + WINDOW]


def groups(sizes: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Split `(uid, size)` pairs into runs of UIDs that are small enough to be held at once."""
    run: list[int] = []
    total = 0
    for uid, size in sizes:
        if run and total + size > MOST_WINDOW_BYTES:
            yield run
            run, total = [], 0
        run.append(uid)
        total += size
    if run:
        yield run


def pause(fail_streak: int, seconds: int) -> timedelta:
    """Answer how long to wait until the next pass; it doubles with every failure."""
    usual = timedelta(seconds=seconds)
    return min(usual * (1 << min(fail_streak, 10)), max(LONGEST_PAUSE, usual))


def seen_before(arrived_at: datetime | None, recovering_since: datetime) -> bool:
    """Answer whether a letter was in the folder when it was last read completely.

    After UIDVALIDITY changed, letters that are not stored were looked at and left: those that
    arrived well before the last pass need not be downloaded again.
    """
    return arrived_at is not None and arrived_at < recovering_since - SLACK


def is_sent_folder(name: str, flags: Sequence[str]) -> bool:
    r"""Tell the Sent folder by its \Sent mark, or else by the names in use."""
    bare = name.lower().removeprefix("inbox.").removeprefix("inbox/")
    return "\\sent" in (flag.lower() for flag in flags) or bare in SENT_NAMES
