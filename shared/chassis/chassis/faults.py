"""Tells a database that is away from a statement that was wrong."""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

HELD_UP = ("40001", "40P01", "55P03")
"""SQLSTATE: not serialisable, a deadlock, a lock that was not had in time."""
TOO_SLOW = "57014"
"""SQLSTATE: a statement took longer than it may."""
AWAY_STATES = ("08", "53", "55000", "57P")
"""SQLSTATE prefixes: no connection, no resources, closed to connections, shutting down."""


def sqlstate(error: BaseException) -> str:
    """Answer the SQLSTATE behind an error of SQLAlchemy, or nothing."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""


def database_is_away(error: BaseException) -> bool:
    """Answer whether the error says that the database cannot be used now, whatever is asked."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or sqlstate(error).startswith(AWAY_STATES)
    return isinstance(error, OSError | PoolTimeout)


def is_nobodys_fault(error: BaseException) -> bool:
    """Answer whether the same may succeed later: the database is away, or others held it up."""
    return database_is_away(error) or sqlstate(error) in HELD_UP
