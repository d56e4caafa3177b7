"""What the verbs that start something do."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from chassis.settings import ChassisSettings
from rapport import embedded, processes
from rapport.embedded import Suite
from rapport.errors import UsageProblem
from rapport.prepare import prepare
from rapport.services import SERVICES, Service
from rapport.serving import keep_what_is_loaded, serve_until, server_for, stop_on_signals


async def up(host: str, port: int, data: Path, *, processes: bool) -> None:
    """Run the whole suite until Ctrl-C."""
    stop = stop_on_signals()
    if processes:
        await run_processes(data, port, stop)
        return

    def ready(_: Suite, seconds: float) -> None:
        _say_ready(host, port, seconds)

    await embedded.run(data, host, port, stop, ready)


async def run_processes(data: Path, port: int, stop: asyncio.Event) -> None:
    """Run the suite as processes."""
    await processes.run(data, port, stop, lambda seconds: _say_ready("127.0.0.1", port, seconds))


async def serve(name: str, host: str, port: int) -> None:
    """Run one service's API until told to stop."""
    service = _service(name)
    stop = stop_on_signals()
    app = service.create_app(service.settings())
    keep_what_is_loaded()
    await serve_until(server_for(app, host, port, lifespan=True), stop)


async def work(name: str, roles: Sequence[str]) -> None:
    """Run one service's worker, or parts of it, until told to stop."""
    service = _service(name)
    stop = stop_on_signals()
    worker = service.create_worker(service.settings())
    keep_what_is_loaded()
    unknown = set(roles) - set(worker.roles)
    if unknown:
        raise UsageProblem(f"{name} has the roles {', '.join(worker.roles)}")
    running = asyncio.create_task(worker.run(roles))
    await stop.wait()
    running.cancel()
    await asyncio.wait({running})


async def setup() -> None:
    """Prepare a deployment on the servers the settings name."""
    await prepare(ChassisSettings())


def _service(name: str) -> Service:
    if name not in SERVICES:
        raise UsageProblem(f"there is no service {name}; there are {', '.join(SERVICES)}")
    return SERVICES[name]


def _say_ready(host: str, port: int, seconds: float) -> None:
    address = f"http://{host}:{port}"
    sys.stdout.write(
        f"Rapport is ready after {seconds:.1f} s.\n"
        f"  address     {address}\n"
        f"  API docs    {address}/docs\n"
        "  Ctrl-C stops it; the data stay.\n"
    )
    sys.stdout.flush()
