"""Identifiers: UUIDv7 for records and events, short random tokens for people."""

import os
import secrets
import time
from typing import Final
from uuid import UUID

TICKET_BYTES: Final = 8


def uuid7() -> UUID:
    """Make a time-ordered UUID (RFC 9562, version 7).

    The 12 bits after the version hold the fraction of the millisecond (method 3 of section 6.2),
    so that ids made by one process sort by the time they were made.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    tail = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | tail)


def ticket() -> str:
    """Make the random ticket of a request or deal: 8 bytes as 11 URL-safe characters."""
    return secrets.token_urlsafe(TICKET_BYTES)
