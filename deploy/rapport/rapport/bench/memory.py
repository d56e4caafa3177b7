"""Memory of the embedded suite's one process, without PostgreSQL: idle, and at its highest."""

import asyncio
from collections.abc import Awaitable

import psutil

from rapport.bench.figures import Figure
from rapport.bench.running import suite
from rapport.bench.sizes import Sizes
from rapport.bench.stage import Servers
from rapport.bench.submission import form_path, prepare_form, submitter

LOOK_SECONDS = 0.2
MEGABYTE = 1_000_000


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """Look after the start, then while submissions come in."""
    stage = await servers.stage("memory")
    token, _ = await prepare_form(stage, sizes.clients)
    async with suite(stage, "embedded") as running:
        process = psutil.Process(running.pid)
        idle = process.memory_info().rss
        submitting = submitter(sizes)(running.port, form_path(token))
        loaded = await _highest(process, submitting)
    return [
        Figure("memory", idle / MEGABYTE, "MB RSS"),
        Figure("memory_under_load", loaded / MEGABYTE, "MB RSS"),
    ]


async def _highest(process: psutil.Process, work: Awaitable[float]) -> int:
    """Answer the most memory the process has while the work is done."""
    working = asyncio.ensure_future(work)
    highest = 0
    while not working.done():
        highest = max(highest, process.memory_info().rss)
        await asyncio.wait({working}, timeout=LOOK_SECONDS)
    await working
    return highest
