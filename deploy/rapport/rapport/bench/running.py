"""Programs beside the measurement: the suite in either shape, bare servers."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from chassis.tokens import new_pair
from rapport.bench.sizes import Shape
from rapport.bench.stage import Stage
from rapport.services import SERVICES
from rapport.supervisor import Program, supervise

READY_SECONDS = 90
PORTS = range(20_000, 30_000, 10)
"""Below the ephemeral ports, with room for a port per service."""
EMAIL, PASSWORD = "bench@rapport.example", "only-for-this-measurement"
KEEP_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""A suite that compiles itself anew at each start would say little about starts."""


@dataclass(frozen=True)
class Suite:
    """A running suite: the port of its gateway and the process that was started."""

    port: int
    pid: int

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx2.AsyncClient]:
        """Open a client that is logged in as the administrator."""
        url = f"http://127.0.0.1:{self.port}/api/v1/"
        async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
            who = {"email": EMAIL, "password": PASSWORD}
            answer = (await client.post("gateway/login", json=who)).raise_for_status()
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield client


@asynccontextmanager
async def suite(stage: Stage, shape: Shape) -> AsyncIterator[Suite]:
    """Run the suite on a stage until the block ends."""
    async with suite_on(stage.servers.folder / stage.name, shape, stage.environment) as running:
        yield running


@asynccontextmanager
async def suite_on(data: Path, shape: Shape, environment: dict[str, str]) -> AsyncIterator[Suite]:
    """Run the suite on a data folder until the block ends."""
    port = free_ports(len(SERVICES))
    options = ["--port", str(port), "--data", str(data)]
    if shape == "processes":
        options.append("--processes")
    known = {
        **environment,
        "RAPPORT_ADMIN_EMAIL": EMAIL,
        "RAPPORT_ADMIN_PASSWORD": PASSWORD,
    }
    async with program("rapport", ["up", *options], "Rapport is ready", known) as pid:
        yield Suite(port, pid)


@asynccontextmanager
async def service_app(stage: Stage, name: str) -> AsyncIterator[FastAPI]:
    """Run one service's API in this process, without its worker: nothing is relayed."""
    service = SERVICES[name]
    known: dict[str, Any] = dict(stage.settings)
    app = service.create_app(service.settings(**known), verifier=new_pair()[1])
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def program(
    module: str, arguments: Sequence[str], ready: str, environment: dict[str, str] | None = None
) -> AsyncIterator[int]:
    """Run a Python module; the block begins when it has printed `ready`. Answers its process."""
    stop, said = asyncio.Event(), asyncio.Event()
    pids: dict[str, int] = {}

    def on_line(line: str) -> None:
        if ready in line:
            said.set()
        elif not said.is_set() or " | ended" not in line:
            sys.stderr.write(f"{line}\n")

    argv = [sys.executable, "-m", module, *arguments]
    watched = Program(module, argv, {**KEEP_COMPILED, **(environment or {})})
    running = asyncio.create_task(supervise([watched], stop=stop, on_line=on_line, pids=pids))
    try:
        async with asyncio.timeout(READY_SECONDS):
            await said.wait()
        yield pids[module]
    finally:
        stop.set()
        await running


def free_ports(number: int) -> int:
    """Answer the first of so many consecutive ports of which none is taken."""
    start = os.getpid()
    for step in range(len(PORTS)):
        first = PORTS[(start + step) % len(PORTS)]
        if all(_is_free(port) for port in range(first, first + number)):
            return first
    raise OSError("no ports are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
