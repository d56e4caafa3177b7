"""Each service has a database of its own, on whatever PostgreSQL 18 there is."""

import asyncio
import subprocess
from os import chown
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.postgres import (
    PostgresError,
    Server,
    clone_database,
    drop_database,
    dsn,
    ensure_database,
    sqlalchemy_url,
)
from chassis.postgres.account import account_for, credentials
from chassis.postgres.cluster import ENVIRONMENT, program


async def run(url: str, *statements: str) -> object:
    """Run statements; answer the first value of the last."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


async def test_a_role_owns_its_database_and_cannot_enter_anothers(server: Server) -> None:
    await ensure_database(server.dsn, "owls")
    await ensure_database(server.dsn, "mice")
    assert await run(dsn(server.dsn, "owls"), "create table t (i int)", "select current_user") == (
        "owls"
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(dsn(server.dsn, "owls", role="mice"))


async def test_a_second_time_changes_nothing_and_many_at_once_agree(server: Server) -> None:
    await asyncio.gather(*(ensure_database(server.dsn, "busy") for _ in range(8)))
    await run(dsn(server.dsn, "busy"), "create table kept as select 1 as id", "select 1")
    await ensure_database(server.dsn, "busy")
    assert await run(dsn(server.dsn, "busy"), "select id from kept") == 1


async def test_text_is_unicode_wherever_the_database_is_made(server: Server) -> None:
    await ensure_database(server.dsn, "words")
    assert await run(dsn(server.dsn, "words"), "select casefold('STRASSE ÉÀ ß')") == "strasse éà ss"


async def test_names_are_quoted(server: Server) -> None:
    await ensure_database(server.dsn, 'odd "name"', role="odd'role; drop")
    url = dsn(server.dsn, 'odd "name"', role="odd'role; drop")
    assert await run(url, "select current_database()") == 'odd "name"'


async def test_sqlalchemy_connects_by_the_same_name(server: Server) -> None:
    await ensure_database(server.dsn, "alchemy")
    engine = create_async_engine(sqlalchemy_url(dsn(server.dsn, "alchemy")))
    async with engine.connect() as connection:
        assert await connection.scalar(text("select current_user")) == "alchemy"
    await engine.dispose()


def test_the_name_of_a_database_on_another_machine_keeps_its_options() -> None:
    url = dsn(
        "postgresql://admin:x@db.example:5433/postgres?sslmode=require", "deals", password="p@/"
    )
    assert url == "postgresql://deals:p%40%2F@db.example:5433/deals?sslmode=require"
    assert sqlalchemy_url(url) == (
        "postgresql+asyncpg://deals:p%40%2F@db.example:5433/deals?ssl=require"
    )


async def test_an_administrator_need_not_be_superuser(server: Server) -> None:
    await run(server.dsn, "create role manager login createdb createrole", "select 1")
    manager = dsn(server.dsn, "postgres", role="manager")
    await ensure_database(manager, "managed")
    await ensure_database(manager, "managed")
    assert await run(dsn(server.dsn, "managed"), "create table t (i int)", "select 1") == 1


async def test_an_administrator_without_rights_is_told(server: Server) -> None:
    await run(server.dsn, "create role weak login", "select 1")
    with pytest.raises(PostgresError, match="refuses: permission denied to create role"):
        await ensure_database(dsn(server.dsn, "postgres", role="weak"), "unmade")


async def test_a_clone_has_the_rows_and_the_owner_of_its_template(server: Server) -> None:
    await ensure_database(server.dsn, "template_deals", role="cloner")
    template = dsn(server.dsn, "template_deals", role="cloner")
    await run(template, "create table kept as select 1 as id", "select 1")
    await clone_database(server.dsn, "template_deals", "copy")
    await ensure_database(server.dsn, "stranger")

    assert await run(dsn(server.dsn, "copy", role="cloner"), "select id from kept") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(dsn(server.dsn, "copy", role="stranger"))
    await drop_database(server.dsn, "copy")
    await drop_database(server.dsn, "copy")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(dsn(server.dsn, "copy", role="cloner"))


async def test_an_absent_template_is_named(server: Server) -> None:
    with pytest.raises(PostgresError, match="no database 'absent'"):
        await clone_database(server.dsn, "absent", "copy_of_absent")


async def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    url = "postgresql://admin:secret@127.0.0.1:1/postgres"
    with pytest.raises(PostgresError, match=r"at 127\.0\.0\.1:1 cannot be reached") as refusal:
        await ensure_database(url, "deals")
    assert "secret" not in str(refusal.value)


async def test_an_older_server_is_refused(place: Path) -> None:
    programs = program("postgres").parents[2] / "pginstall" / "bin"
    account = account_for(place)
    data = place / "sixteen"
    data.mkdir(mode=0o700)
    if account is not None:
        chown(data, account.pw_uid, account.pw_gid)

    def pg(name: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 - the wheel's own program
            [programs / name, "-D", data, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            **credentials(account),
        )

    pg("initdb", "--auth=trust", "--username=postgres", "--no-sync")
    pg("pg_ctl", "-w", "-o", f"-k '{data}' -h ''", "-l", str(data / "log"), "start")
    try:
        with pytest.raises(PostgresError, match=r"PostgreSQL 18 is needed; .* its socket is 16"):
            await ensure_database(f"postgresql://postgres@/postgres?host={data}", "deals")
    finally:
        pg("pg_ctl", "-w", "-m", "fast", "stop")
