"""The embedded server starts anywhere, keeps what was committed and is never left behind."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import asyncpg
import pytest

from chassis.postgres import PostgresError, Server, dsn, embedded, ensure_database, joined

Hold = Callable[..., tuple[Popen[str], int]]
ROOT = os.geteuid() == 0


async def answers(server: Server, query: str = "select 1") -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def replaced(server: Server, killed: int) -> bool:
    """Wait up to ten seconds for another postmaster that takes connections."""
    for _ in range(500):
        try:
            if server.process.pid != killed and await answers(server) == 1:
                return True
        except (OSError, asyncpg.PostgresError):
            pass
        await asyncio.sleep(0.02)
    return False


async def gone(pid: int) -> bool:
    """Wait up to ten seconds for a process that is not our child to end."""
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        await asyncio.sleep(0.02)
    return False


async def test_it_starts_twice_on_a_folder_and_keeps_what_was_committed(place: Path) -> None:
    async with embedded(place / "postgres") as server:
        connection = await asyncpg.connect(server.dsn)
        assert await connection.fetchval("show fsync") == "on"
        assert await connection.fetchval("show server_encoding") == "UTF8"
        await connection.execute("create table kept as select 1 as id")
        await connection.close()
    async with embedded(place / "postgres") as server:
        assert await answers(server, "select id from kept") == 1


async def test_it_opens_no_tcp_port_and_only_its_account_may_enter_the_socket_folder(
    server: Server,
) -> None:
    assert await answers(server, "show listen_addresses") == ""
    sockets = server.cluster.sockets.stat()
    assert sockets.st_mode & 0o777 == 0o700
    assert sockets.st_uid == server.cluster.data.stat().st_uid
    assert not ROOT or sockets.st_uid != 0


async def test_a_server_for_tests_gives_up_durability(server: Server) -> None:
    assert await answers(server, "show fsync") == "off"


async def test_tcp_on_loopback_needs_the_password(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    async with embedded(folder, port=port, fast=True) as server:
        await ensure_database(server.dsn, "deals", password="right: é@/%")
        tcp = f"postgresql://127.0.0.1:{port}/postgres"
        connection = await asyncpg.connect(dsn(tcp, "deals", password="right: é@/%"))
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(dsn(tcp, "deals", password="wrong"))


async def test_it_leaves_no_process_and_no_socket_behind(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with embedded(folder, fast=True) as server:
            raise ZeroDivisionError
    assert server.process.poll() == 0
    assert not list(server.cluster.sockets.glob(".s.PGSQL*"))


async def test_the_second_start_on_a_folder_is_refused_and_names_the_first(
    server: Server,
) -> None:
    with pytest.raises(PostgresError, match=f"in use by process {os.getpid()}: one suite"):
        async with embedded(server.cluster.folder):
            pass


async def test_a_folder_in_use_is_joined_and_a_free_one_served(folder: Path) -> None:
    """GAT-021: what is done beside a running suite needs no stop of it."""
    async with joined(folder) as own:
        async with joined(folder) as dsn:
            assert dsn == own
            connection = await asyncpg.connect(dsn)
            assert await connection.fetchval("select 1") == 1
            await connection.close()
        connection = await asyncpg.connect(own)  # whoever joined stops nothing
        await connection.close()


@pytest.mark.parametrize("name", ["l" * 120, 'comma, "quote" & %41 ?#'])
async def test_any_path_will_do(folder: Path, name: str) -> None:
    os.rename(folder, folder.with_name(name))  # noqa: PTH104 - the same
    async with embedded(folder.with_name(name), fast=True) as server:
        assert await answers(server) == 1


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
def test_an_ordinary_user_starts_it_too(place: Path, hold: Hold) -> None:
    place.chmod(0o777)
    holder, _ = hold(place / "postgres", "as-nobody")
    holder.communicate()
    assert holder.returncode == 0
    assert (place / "postgres").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not ROOT, reason="root's folders are closed to the account it starts")
async def test_a_folder_closed_to_the_servers_account_is_named(place: Path) -> None:
    os.chmod(place, 0o700)  # noqa: PTH101 - ruff keeps a path's own methods out of coroutines
    with pytest.raises(PostgresError, match=f"may not enter {place}; run as an ordinary user"):
        async with embedded(place / "postgres"):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
async def test_it_stops_when_its_parent_is_killed(folder: Path, hold: Hold) -> None:
    holder, pid = hold(folder)
    holder.kill()
    assert await gone(pid)


async def test_a_server_that_outlived_its_parent_is_replaced(folder: Path, hold: Hold) -> None:
    holder, pid = hold(folder, "in-thread")
    holder.kill()
    holder.wait()
    os.kill(pid, 0)  # still there: nobody told it
    async with embedded(folder) as server:
        assert await gone(pid)
        assert server.process.pid != pid
        assert await answers(server, "select count(*) from kept") == 1


async def test_a_pid_file_that_names_somebody_else_is_no_obstacle(folder: Path) -> None:
    async with embedded(folder, fast=True) as server:
        pid_file = server.cluster.data / "postmaster.pid"
        content = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *content[1:], ""]))
    async with embedded(folder, fast=True) as server:
        assert await answers(server) == 1


async def test_a_killed_postmaster_is_started_again_with_what_was_committed(folder: Path) -> None:
    async with embedded(folder) as server:
        connection = await asyncpg.connect(server.dsn)
        await connection.execute("create table kept as select 1 as id")
        await connection.close()
        killed = server.process.pid
        os.kill(killed, signal.SIGKILL)
        assert await replaced(server, killed)
        assert await answers(server, "select id from kept") == 1


async def test_a_setup_cut_short_is_done_again(place: Path) -> None:
    (place / "postgres" / "data.new" / "base").mkdir(parents=True)
    async with embedded(place / "postgres", fast=True) as server:
        assert await answers(server) == 1
        assert not (place / "postgres" / "data.new").exists()


async def test_a_start_that_fails_shows_the_end_of_the_log(folder: Path) -> None:
    with (folder / "data" / "postgresql.conf").open("a") as settings:
        settings.write("nonsense = 1\n")
    with pytest.raises(PostgresError, match=r"does not start:(?s:.*)\"nonsense\""):
        async with embedded(folder, fast=True):
            pass


async def test_a_cluster_of_another_version_is_left_alone(place: Path) -> None:
    (place / "postgres" / "data").mkdir(parents=True)
    (place / "postgres" / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresError, match="made by PostgreSQL 16; this is PostgreSQL 18"):
        async with embedded(place / "postgres"):
            pass


async def test_a_file_in_the_place_of_the_folder_is_a_clear_error(place: Path) -> None:
    (place / "postgres").touch()
    with pytest.raises(PostgresError, match=r"cannot use .*/postgres: File exists"):
        async with embedded(place / "postgres"):
            pass
