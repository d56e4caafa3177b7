"""Base of mail's tables."""

from chassis.database import Table, new_metadata


class Base(Table):
    """Base of every table of mail."""

    __abstract__ = True
    metadata = new_metadata()
