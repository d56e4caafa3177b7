"""Serves an app over HTTP and runs workers until told to stop; one place for signals."""

import asyncio
import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from rapport.errors import UsageProblem

GRACE_SECONDS = 15
KEEP_ALIVE_SECONDS = 75


class Server(uvicorn.Server):
    """A uvicorn server that leaves the signals of the process to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal: uvicorn would raise it again and cut our own clean-up short."""
        yield


def server_for(app: ASGIApp, host: str, port: int, *, lifespan: bool) -> Server:
    """Make the server of an app; `lifespan` says whether it also starts and stops the app."""
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            lifespan="on" if lifespan else "off",
            log_level="warning",
            access_log=False,
            http="httptools",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
        )
    )


def keep_what_is_loaded() -> None:
    """Let garbage collections skip what start-up made: it lives as long as the process."""
    gc.collect()
    gc.freeze()


async def serve_until(server: Server, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then finish what is under way.

    Raises:
        UsageProblem: the port is taken, or the app does not start.
    """
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    try:
        await serving
    except SystemExit as error:  # uvicorn's way of saying that it could not start
        raise UsageProblem(f"port {server.config.port} cannot be served") from error


def stop_on_signals() -> asyncio.Event:
    """Answer an event that Ctrl-C or SIGTERM sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
