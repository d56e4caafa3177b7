"""The suite in one process: PostgreSQL beside it, no broker, every service in the event loop."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from chassis.postgres import embedded
from chassis.settings import ChassisSettings
from chassis.tokens import load_or_make_signer, load_verifier
from chassis.transport.direct import DirectTransport
from chassis.worker import Worker
from gateway.clients.upstream import DirectUpstream
from rapport.prepare import prepare
from rapport.services import GATEWAY, SERVICES
from rapport.serving import keep_what_is_loaded, serve_until, server_for


@dataclass(frozen=True)
class Suite:
    """A running embedded suite."""

    apps: dict[str, FastAPI]
    workers: dict[str, Worker]
    settings: ChassisSettings


@asynccontextmanager
async def suite(data: Path, settings: ChassisSettings | None = None) -> AsyncIterator[Suite]:
    """Start every service in this process until the block ends.

    The data folder holds the database and the keys. With `settings.database_url` naming another
    server, that one is used and none is started.
    """
    data = data.resolve()
    importing = asyncio.create_task(asyncio.to_thread(_import_services))
    async with AsyncExitStack() as stack:
        base = settings or ChassisSettings()
        known: dict[str, Any] = {"keys_folder": data / "keys"}
        administrator = None
        if "database_url" not in base.model_fields_set:
            server = await stack.enter_async_context(embedded(data / "postgres"))
            administrator = server.dsn
            known["database_url"] = server.dsn.replace("/postgres?", "/rapport?")
        await importing
        base = base.model_copy(update=known)
        await prepare(base.model_copy(update={"broker_url": None}), administrator)
        yield await _start(stack, known)


async def _start(stack: AsyncExitStack, known: dict[str, Any]) -> Suite:
    direct = DirectTransport()
    workers = {
        name: service.create_worker(service.settings(**known)) for name, service in SERVICES.items()
    }
    for worker in workers.values():
        worker.attach(direct)
    apps = _apps(known)
    for app in apps.values():
        await stack.enter_async_context(app.router.lifespan_context(app))
    tasks = [
        asyncio.create_task(worker.run(direct=direct), name=name)
        for name, worker in workers.items()
    ]
    stack.push_async_callback(_cancel, tasks)
    return Suite(apps, workers, workers[GATEWAY].settings)


def _apps(known: dict[str, Any]) -> dict[str, FastAPI]:
    keys = known["keys_folder"]
    signer, verifier = load_or_make_signer(keys), load_verifier(keys)
    apps = {
        name: service.create_app(service.settings(**known), verifier=verifier)
        for name, service in SERVICES.items()
        if name != GATEWAY
    }
    gateway = SERVICES[GATEWAY]
    apps[GATEWAY] = gateway.create_app(
        gateway.settings(**known),
        verifier=verifier,
        signer=signer,
        upstreams={name: DirectUpstream(app) for name, app in apps.items()},
    )
    return apps


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _import_services() -> None:
    """Import everything while PostgreSQL starts."""
    for service in SERVICES.values():
        _ = service.create_app, service.create_worker


async def run(
    data: Path, host: str, port: int, stop: asyncio.Event, on_ready: Callable[[Suite, float], None]
) -> None:
    """Run the suite behind one port until `stop` is set; `on_ready` gets the seconds it took."""
    started = time.perf_counter()
    async with suite(data) as running:
        server = server_for(running.apps[GATEWAY], host, port, lifespan=False)
        serving = asyncio.create_task(serve_until(server, stop))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            keep_what_is_loaded()
            on_ready(running, time.perf_counter() - started)
        await serving
