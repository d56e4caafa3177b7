"""PostgreSQL for a service: the embedded server, and one database and role per service anywhere."""

from chassis.postgres.databases import (
    clone_database,
    drop_database,
    dsn,
    ensure_database,
    sqlalchemy_url,
)
from chassis.postgres.errors import PostgresError
from chassis.postgres.server import Server, embedded, joined

__all__ = [
    "PostgresError",
    "Server",
    "clone_database",
    "drop_database",
    "dsn",
    "embedded",
    "ensure_database",
    "joined",
    "sqlalchemy_url",
]
