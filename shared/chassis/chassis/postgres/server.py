"""The embedded server: PostgreSQL of the wheel, started, kept running and stopped by us."""

import asyncio
import ctypes
import math
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

import structlog

from chassis.postgres.account import credentials
from chassis.postgres.cluster import ENVIRONMENT, Cluster, initialise, opened, program
from chassis.postgres.errors import FolderInUse, PostgresError
from chassis.postgres.leftover import address, postmaster, stop_leftover

DEFAULT_PORT: Final = 5432
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.02
WATCH_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 5.0
SETTINGS: Final = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
FAST: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
PR_SET_PDEATHSIG: Final = 1

log = structlog.get_logger(__name__)


@dataclass
class Server:
    """A running PostgreSQL; `process` is another one after a crash."""

    cluster: Cluster
    port: int
    settings: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def dsn(self) -> str:
        """Connect as the superuser, through a socket in a folder only we can enter."""
        return _dsn(str(self.cluster.sockets), self.port)


def _dsn(sockets: str, port: int | str) -> str:
    return f"postgresql://postgres@/postgres?host={quote(sockets, safe='')}&port={port}"


@asynccontextmanager
async def embedded(
    folder: Path, *, port: int | None = None, fast: bool = False
) -> AsyncIterator[Server]:
    """Run PostgreSQL 18 on `folder` until the block ends; the server is restarted when it dies.

    Only a Unix socket is opened, unless `port` asks for 127.0.0.1 too, where roles need passwords.
    `fast` gives up durability and is for tests. Call it from the main thread: only then does Linux
    stop the server when we are killed; elsewhere the next start does.

    Raises:
        PostgresError: the folder is in use, or the server does not start; the log's end is told.
    """
    with opened(folder) as cluster:
        await asyncio.to_thread(initialise, cluster, fast=fast)
        await stop_leftover(cluster.data)
        if cluster.log.exists():
            cluster.log.replace(cluster.log.with_suffix(".log.1"))
        settings = _settings(cluster, port, fast=fast)
        server = Server(cluster, port or DEFAULT_PORT, settings, await _start(cluster, settings))
        keeper = asyncio.create_task(_keep_running(server))
        try:
            yield server
        finally:
            keeper.cancel()
            try:
                await asyncio.wait({keeper})
            finally:
                await _stop(server.process)


@asynccontextmanager
async def joined(folder: Path) -> AsyncIterator[str]:
    """Answer how to connect to the server of `folder`: the running suite's, else one of our own.

    Raises:
        PostgresError: the folder is in use, but not by a server that takes connections.
    """
    async with AsyncExitStack() as stack:
        try:
            server = await stack.enter_async_context(embedded(folder))
        except FolderInUse:
            found = address(folder.absolute() / "data")
            if found is None:
                raise
            dsn = _dsn(*found)
        else:
            dsn = server.dsn
        yield dsn


def _settings(cluster: Cluster, port: int | None, *, fast: bool) -> dict[str, str]:
    return {
        **SETTINGS,
        **(FAST if fast else {}),
        "listen_addresses": "" if port is None else "127.0.0.1",
        "port": str(port or DEFAULT_PORT),
        "unix_socket_directories": str(cluster.sockets),
    }


async def _keep_running(server: Server) -> None:
    """Start the server again whenever it has died, for as long as it takes."""
    while True:
        await _ended(server.process, math.inf, look=WATCH_SECONDS)
        log.error("postgres.died", status=server.process.returncode)
        try:
            server.process = await _start(server.cluster, server.settings)
        except (PostgresError, OSError) as error:
            log.error("postgres.restart_failed", error=str(error), retry_seconds=RETRY_SECONDS)  # noqa: TRY400 - the message says it all
            await asyncio.sleep(RETRY_SECONDS)
        else:
            log.info("postgres.restarted", pid=server.process.pid)


async def _start(cluster: Cluster, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the server and wait until it takes connections.

    After a kill -9 of the last one, its children hold the shared memory for a moment (then we try
    again) and its log is replayed (then we wait).
    """
    deadline = time.monotonic() + START_SECONDS
    while True:
        with cluster.log.open("ab+") as output:
            before = output.tell()
            process = _spawn(cluster, settings, output)
            try:
                ready = await _takes_connections(process, cluster.data, deadline)
            except asyncio.CancelledError:
                await _stop(process)
                raise
            if ready:
                return process
            await _stop(process)
            output.seek(before)
            said = output.read().decode(errors="replace")
        if "is still in use" not in said or time.monotonic() > deadline:
            raise cluster.failure("PostgreSQL does not start", said)


def _spawn(cluster: Cluster, settings: dict[str, str], output: BinaryIO) -> subprocess.Popen[bytes]:
    options = [part for item in settings.items() for part in ("-c", "=".join(item))]
    try:
        return subprocess.Popen(  # noqa: S603 - our own program and arguments
            [program("postgres"), "-D", cluster.data, *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,  # or Ctrl-C would stop it before us
            preexec_fn=_stop_with_parent(),  # noqa: PLW1509 - one system call, prepared beforehand
            **credentials(cluster.account),
        )
    except OSError as error:
        raise cluster.failure("PostgreSQL does not start", str(error)) from error


def _stop_with_parent() -> Callable[[], object] | None:
    """Ask Linux to stop the server when we die; the wish ends with the thread that made it."""
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    return partial(ctypes.CDLL(None).prctl, PR_SET_PDEATHSIG, int(signal.SIGINT))


async def _takes_connections(process: subprocess.Popen[bytes], data: Path, deadline: float) -> bool:
    """Wait for the server's own word in its pid file; False when it ended or needs too long."""
    while time.monotonic() < deadline:
        if postmaster(data) == (process.pid, True):
            return True
        if await _ended(process, LOOK_SECONDS):
            return False
    return False


async def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server the fast way (clients are cut, work is kept), or by force after a minute."""
    for stop_signal in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(stop_signal)
        if await _ended(process, STOP_SECONDS):
            return


async def _ended(
    process: subprocess.Popen[bytes], seconds: float, *, look: float = LOOK_SECONDS
) -> bool:
    """Look until the process has ended; False when it still runs after `seconds`.

    A plain child, looked at: uvloop cannot start one as another user, and so not await it.
    """
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(look)
    return True
