"""Guards changes against records that have moved on (GAT-003)."""

from typing import Protocol

from kernel.errors import Stale


class Versioned(Protocol):
    """A record with a version."""

    version: int


def expect(record: Versioned, expected: int | None) -> None:
    """Refuse a change made against another version; none means: whatever it is now.

    Raises:
        Stale: the record is at another version.
    """
    if expected is not None and record.version != expected:
        raise Stale(f"The record is at version {record.version} now.", version=record.version)
