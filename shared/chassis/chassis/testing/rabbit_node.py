"""Where the RabbitMQ of tests and proofs comes from, and a private node that may be maltreated.

Ordinary tests share one broker: each gives its exchanges and queues names under its own
`unique_prefix`, and removes them. Tests that kill, freeze or starve a broker take a `PrivateNode`.
"""

import asyncio
import ctypes
import os
import random
import secrets
import shutil
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import aio_pika
from aio_pika.exceptions import AMQPError

from chassis.testing.debian import NotInstallable, install

URL_SETTING: Final = "RAPPORT_TEST_BROKER_URL"
STANDARD_PORT: Final = 5672
DEBIAN_SCRIPTS: Final = Path("/usr/lib/rabbitmq/bin")
PORTS: Final = range(20_000, 30_000)
"""Below the ephemeral ports: a client that keeps trying one of those can connect to itself."""
READY_WITHIN: Final = 60.0
STOPPED_WITHIN: Final = 20.0
ANSWER_WITHIN: Final = 5.0
NEXT_TRY: Final = 0.1
PR_SET_PDEATHSIG: Final = 1
HOW_TO_GET_ONE: Final = (
    f"The tests need a RabbitMQ: install rabbitmq-server (as root: apt-get install rabbitmq-server)"
    f" or set {URL_SETTING} to the URL of one."
)

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class BrokerError(RuntimeError):
    """No RabbitMQ can be had, or the one we started does not come up."""


def unique_prefix() -> str:
    """Make the beginning of exchange and queue names that no other test run has."""
    return f"t{secrets.token_hex(6)}."


@asynccontextmanager
async def find_broker(directory: Path) -> AsyncIterator[str]:
    """Answer the URL of a RabbitMQ for ordinary tests; what it had to start ends with the block.

    The setting is believed; else the machine's own broker, else a private node in `directory`, for
    which Debian's package is installed where that is possible. Raises BrokerError.
    """
    if url := os.environ.get(URL_SETTING):
        yield url
    elif await _answers(STANDARD_PORT):
        yield _url(STANDARD_PORT)
    else:
        try:
            await install("rabbitmq-server", lambda: _scripts() is not None)
        except NotInstallable as error:
            raise BrokerError(f"{HOW_TO_GET_ONE} {error}") from error
        async with PrivateNode(directory) as node:
            yield node.url


class PrivateNode:
    """A RabbitMQ of our own: its name, ports, files and epmd are no one else's, on loopback only.

    On Linux it dies with this process; start it from the main thread, for the tie is to the thread.
    """

    def __init__(self, directory: Path) -> None:
        """Keep all files of the node in `directory`: they outlive stop, kill and restart."""
        self.directory = directory
        self.name = f"rapport-{secrets.token_hex(6)}@localhost"
        self._port, self._distribution_port, self._epmd_port = _free_ports(3)
        self._server: Process | None = None
        self._epmd: Process | None = None

    @property
    def url(self) -> str:
        return _url(self._port)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the node, if it does not run, and return when a client can log in (about 6 s)."""
        if _runs(self._server):
            return
        _lay_out(self.directory)
        if not _runs(self._epmd):
            at = ("-address", "127.0.0.1", "-port", str(self._epmd_port))
            self._epmd = await self._run("epmd", *at)
            await self._until(lambda: _listens(self._epmd_port), self._epmd)
        self._server = await self._run(_script("rabbitmq-server"))
        await self._until(lambda: _answers(self._port), self._server)

    async def stop(self) -> None:
        """End the node in good order, frozen or not, and its epmd."""
        if self._server:
            await _end(self._server)
        if self._epmd:
            await _end(self._epmd)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def kill(self) -> None:
        """Crash the node with kill -9; `start` brings it back with the same files."""
        server = self._proven()
        server.kill()
        await server.wait()

    def freeze(self) -> None:
        """Let connections stand and answer nothing, as behind a partition, until `thaw`."""
        self._proven().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._proven().send_signal(signal.SIGCONT)

    async def set_disk_free_limit(self, limit: str) -> None:
        """Raise the disk alarm with a limit nobody has ("900GB"), or clear it ("50MB")."""
        await self.control("set_disk_free_limit", limit)

    async def control(self, *command: str) -> str:
        """Run a rabbitmqctl command on this node and answer what it prints."""
        process = await asyncio.create_subprocess_exec(
            _script("rabbitmqctl"),
            "--quiet",
            *command,
            env=self._environment(),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
        )
        output = (await process.communicate())[0].decode()
        if process.returncode:
            raise BrokerError(f"rabbitmqctl {' '.join(command)} failed: {output}")
        return output

    def _proven(self) -> Process:
        """Answer the running Erlang machine after a check that it is the one of this node."""
        if not self._server or not _runs(self._server):
            raise BrokerError("The private RabbitMQ node is not running.")
        facts = Path(f"/proc/{self._server.pid}")
        if facts.exists() and not (
            (facts / "comm").read_text().startswith("beam")
            and f"RABBITMQ_NODENAME={self.name}".encode() in (facts / "environ").read_bytes()
        ):
            raise BrokerError(
                f"Process {self._server.pid} is not the Erlang machine of {self.name}."
            )
        return self._server

    async def _run(self, *argv: str) -> Process:
        with self._console.open("ab") as console:
            return await asyncio.create_subprocess_exec(
                *argv,
                env=self._environment(),
                stdin=DEVNULL,
                stdout=console,
                stderr=STDOUT,
                start_new_session=True,
                preexec_fn=partial(_die_with, os.getpid()),
            )

    async def _until(self, condition: Callable[[], Awaitable[bool]], process: Process) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN):
                while _runs(process):
                    if await condition():
                        return
                    await asyncio.sleep(NEXT_TRY)
        raise BrokerError(f"RabbitMQ does not come up:\n{self._console.read_text()[-2000:]}")

    @property
    def _console(self) -> Path:
        return self.directory / "console.log"

    def _environment(self) -> dict[str, str]:
        """Name everything, so that neither /etc/rabbitmq nor our own environment has a say."""
        at = self.directory
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(at),
            "ERL_CRASH_DUMP": str(at / "erl_crash.dump"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_FLAGS": "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(at / "data"),
            "RABBITMQ_LOG_BASE": str(at / "log"),
            "RABBITMQ_PID_FILE": str(at / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(at / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(at / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(at / "conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(at / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(at / "enabled_plugins"),
            # The script then becomes the Erlang machine instead of waiting for it as its child.
            "RUNNING_UNDER_SYSTEMD": "true",
        }


def _lay_out(directory: Path) -> None:
    (directory / "conf.d").mkdir(parents=True, exist_ok=True)
    (directory / "rabbitmq-env.conf").touch()
    (directory / "rabbitmq.conf").touch()
    (directory / "advanced.config").write_text("[].\n")
    (directory / "enabled_plugins").write_text("[].\n")


def _free_ports(count: int) -> list[int]:
    """Choose ports of the loopback address that nobody listens on."""
    with ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            port = random.choice(PORTS)  # noqa: S311 - a port is no secret
            candidate = held.enter_context(socket.socket())
            with suppress(OSError):
                candidate.bind(("127.0.0.1", port))
                ports.append(port)
    return ports


def _die_with(parent: int) -> None:
    """Tie this new process to its parent, which may have died before the tie was made."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def _runs(process: Process | None) -> bool:
    return process is not None and process.returncode is None


async def _end(process: Process) -> None:
    if _runs(process):
        process.send_signal(signal.SIGCONT)
        process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOPPED_WITHIN)
    if _runs(process):
        process.kill()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def _answers(port: int) -> bool:
    """Log in and out again, as a client does; a closed port is not worth the library's warning."""
    if not await _listens(port):
        return False
    try:
        connection = await aio_pika.connect(_url(port), timeout=ANSWER_WITHIN)
    except (AMQPError, OSError, TimeoutError):
        return False
    await connection.close()
    return True


def _url(port: int) -> str:
    return f"amqp://guest:guest@127.0.0.1:{port}/"


def _scripts() -> Path | None:
    """Find the folder of RabbitMQ's scripts; Debian's commands in PATH insist on its own user."""
    if DEBIAN_SCRIPTS.is_dir():
        return DEBIAN_SCRIPTS
    command = shutil.which("rabbitmq-server")
    return Path(command).parent if command else None


def _script(name: str) -> str:
    folder = _scripts()
    if not folder:
        raise BrokerError(HOW_TO_GET_ONE)
    return str(folder / name)
