"""The failure of this package."""


class PostgresError(RuntimeError):
    """PostgreSQL cannot be started, reached or prepared; the message is a sentence for people."""
