"""One database and one role per service, on any PostgreSQL 18: embedded or given by URL.

A server is known by the URL of somebody who may create databases and roles there
(`Server.dsn` of the embedded one), a database by the URL of its role.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg

from chassis.postgres.errors import PostgresError

OLDEST_VERSION: Final = 180_000
CONNECT_SECONDS: Final = 10
LOCALE: Final = (
    "encoding 'UTF8' locale_provider builtin builtin_locale 'PG_UNICODE_FAST' locale 'C'"
)
CREATION_LOCK: Final = 7_274_112_018
"""Any number, but the same everywhere: services that start together take turns."""


def dsn(server: str, database: str, *, role: str | None = None, password: str | None = None) -> str:
    """Name a database of `server` as its role (by default of the same name), for asyncpg."""
    parts = urlsplit(server)
    hosts = parts.netloc.rpartition("@")[2]
    secret = "" if password is None else ":" + quote(password, safe="")
    user = quote(role or database, safe="") + secret
    return urlunsplit(parts._replace(netloc=f"{user}@{hosts}", path="/" + quote(database, safe="")))


def sqlalchemy_url(dsn: str) -> str:
    """Say the same for SQLAlchemy, whose asyncpg dialect calls libpq's `sslmode` `ssl`."""
    parts = urlsplit(dsn)
    query = [
        ("ssl" if name == "sslmode" else name, value) for name, value in parse_qsl(parts.query)
    ]
    return urlunsplit(parts._replace(scheme="postgresql+asyncpg", query=urlencode(query)))


async def ensure_database(
    server: str, name: str, *, role: str | None = None, password: str | None = None
) -> None:
    """Make the database and the role that owns it unless they are there; nobody else may connect.

    Raises:
        PostgresError: the server does not answer, is older than 18, or does not let us.
    """
    owner = role or name
    async with _administrator(server) as admin:
        await _ensure_role(admin, owner, password)
        if not await admin.fetchval("select 1 from pg_database where datname = $1", name):
            create = f"create database %I owner %I template template0 {LOCALE}"
            await _execute(admin, create, name, owner)
        await _shut_out_others(admin, name)


async def clone_database(server: str, template: str, name: str) -> None:
    """Copy a database nobody is connected to, with its owner, in the time of a test's setup."""
    async with _administrator(server) as admin:
        owner = await admin.fetchval(
            "select rolname from pg_database join pg_roles on pg_roles.oid = datdba"
            " where datname = $1",
            template,
        )
        if owner is None:
            raise PostgresError(f"There is no database {template!r} to copy.")
        create = "create database %I owner %I template %I"
        await _execute(admin, create, name, owner, template)
        await _shut_out_others(admin, name)


async def drop_database(server: str, name: str) -> None:
    """Remove a database, cutting whoever is connected; an absent one is fine."""
    async with _administrator(server) as admin:
        await _execute(admin, "drop database if exists %I with (force)", name)


@asynccontextmanager
async def _administrator(server: str) -> AsyncIterator[Any]:
    """Connect, alone among those who create databases here, and check the version."""
    where = urlsplit(server).netloc.rpartition("@")[2] or "its socket"
    try:
        connection = await asyncpg.connect(server, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError) as error:
        raise PostgresError(f"PostgreSQL at {where} cannot be reached: {error}") from error
    try:
        version = int(await connection.fetchval("show server_version_num"))
        if version < OLDEST_VERSION:
            needed = OLDEST_VERSION // 10_000
            raise PostgresError(
                f"PostgreSQL {needed} is needed; the server at {where} is {version // 10_000}."
            )
        await connection.execute("select pg_advisory_lock($1)", CREATION_LOCK)
        yield connection
    except asyncpg.PostgresError as error:
        raise PostgresError(f"PostgreSQL at {where} refuses: {error}") from error
    finally:
        await connection.close()


async def _ensure_role(admin: Any, role: str, password: str | None) -> None:
    if not await admin.fetchval("select 1 from pg_roles where rolname = $1", role):
        await _execute(admin, "create role %I login", role)
    if password is not None:
        await _execute(admin, "alter role %I login password %L", role, password)
    mine = "select rolsuper or rolname = $1 from pg_roles where rolname = current_user"
    if not await admin.fetchval(mine, role):
        await _execute(admin, "grant %I to current_user", role)  # to make it an owner


async def _shut_out_others(admin: Any, database: str) -> None:
    await _execute(admin, "revoke connect, temporary on database %I from public", database)


async def _execute(admin: Any, template: str, *names: str) -> None:
    """Run a statement that takes no parameters, its names quoted by the server."""
    await admin.execute(
        await admin.fetchval("select format($1, variadic $2::text[])", template, names)
    )
