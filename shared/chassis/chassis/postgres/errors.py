"""The failure of this package."""


class PostgresError(RuntimeError):
    """PostgreSQL cannot be started, reached or prepared; the message is a sentence for people."""


class FolderInUse(PostgresError):
    """Another process runs a server on the folder."""
