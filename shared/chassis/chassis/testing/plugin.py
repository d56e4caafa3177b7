"""Pytest fixtures: one PostgreSQL per test process, a freshly cloned database per test.

pytest_plugins = ["chassis.testing.plugin"]
"""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.migrate import migrate
from chassis.postgres import Server, clone_database, drop_database, embedded, ensure_database
from chassis.settings import ChassisSettings, role_of
from chassis.testing.rabbit_node import find_broker
from kernel.ids import uuid7

NewDatabase = Callable[[str, Path], Awaitable[str]]
"""Make a migrated database for (service, migrations); answers the `database_url` setting."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[Server]:
    """Run PostgreSQL 18 for this test process."""
    with tempfile.TemporaryDirectory(prefix="rapport-pg-") as folder:
        Path(folder).chmod(0o711)  # run by root, PostgreSQL is another user
        async with embedded(Path(folder) / "data", fast=True) as server:
            yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broker_url() -> AsyncIterator[str]:
    """Find or start the RabbitMQ of this test run."""
    with tempfile.TemporaryDirectory(prefix="rapport-mq-") as folder:
        async with find_broker(Path(folder)) as url:
            yield url


@pytest.fixture(scope="session")
def templates() -> dict[str, str]:
    """Remember which services' template databases exist."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def new_database(postgres: Server, templates: dict[str, str]) -> AsyncIterator[NewDatabase]:
    """Clone migrated databases for one test and drop them afterwards."""
    made: list[str] = []

    async def make(service: str, migrations: Path) -> str:
        if service not in templates:
            templates[service] = await _template(postgres, service, migrations)
        prefix = f"t{uuid7().hex[-12:]}"
        await clone_database(postgres.dsn, templates[service], f"{prefix}_{service}")
        made.append(f"{prefix}_{service}")
        return url_with_prefix(postgres, prefix)

    yield make
    for name in made:
        await drop_database(postgres.dsn, name)


async def _template(postgres: Server, service: str, migrations: Path) -> str:
    name = f"template_{service}"
    await ensure_database(postgres.dsn, name, role=role_of(service))
    settings = ChassisSettings(database_url=url_with_prefix(postgres, "template"))
    await migrate(settings.database_of(service), migrations)
    return name


def url_with_prefix(postgres: Server, prefix: str) -> str:
    """Answer the server's URL with `prefix` as the databases' prefix."""
    return postgres.dsn.replace("/postgres?", f"/{prefix}?")
