"""The base of the gateway's tables."""

from chassis.database import Table, new_metadata


class Base(Table):
    """Base of every table of the gateway."""

    __abstract__ = True
    metadata = new_metadata()
