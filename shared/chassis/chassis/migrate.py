"""Brings a service's database to the present schema: the chassis' migrations, then the service's.

Migrations run under an advisory lock with short lock and statement timeouts, so that one started
beside live traffic gives way instead of stopping it.
"""

from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, MetaData, NullPool, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

MIGRATION_LOCK = 0x5261_7070_6F72_7402  # "Rapport", 2
CHASSIS_MIGRATIONS = Path(__file__).parent / "migrations"


async def migrate(url: URL, service_migrations: Path) -> None:
    """Upgrade one service's database to the newest schema; quick when it is there already."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            folders = (CHASSIS_MIGRATIONS, "chassis_version"), (service_migrations, "version")
            for folder, table in folders:
                await connection.run_sync(_upgrade, folder, table)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, folder: Path, version_table: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if _current(connection, version_table) == ScriptDirectory.from_config(config).get_heads():
        return
    config.attributes["connection"] = connection
    connection.execute(text(f"select pg_advisory_lock({MIGRATION_LOCK})"))
    connection.execute(text("set lock_timeout = '4s'"))
    connection.commit()
    try:
        command.upgrade(config, "head")
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text(f"select pg_advisory_unlock({MIGRATION_LOCK})"))
        connection.commit()


def _current(connection: Connection, version_table: str) -> list[str]:
    if not inspect(connection).has_table(version_table):
        return []
    rows = connection.execute(text(f"select version_num from {version_table}"))  # noqa: S608
    return sorted(row[0] for row in rows)


def run_environment(metadata: MetaData, version_table: str = "version") -> None:
    """Run what every `migrations/env.py` runs."""
    connection: Any = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=version_table,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
