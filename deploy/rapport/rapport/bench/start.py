"""Seconds until `rapport up` is ready: on a new data folder, and on that one."""

import time
from pathlib import Path

from rapport.bench.figures import Figure
from rapport.bench.running import suite_on
from rapport.bench.sizes import Sizes
from rapport.bench.stage import Servers


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """Start several times; the best of each counts, for disturbance only ever slows."""
    cold, warm = [], []
    for number in range(sizes.starts):
        data = servers.folder / f"start{number}"
        data.mkdir(mode=0o711)
        cold.append(await _start(data))
        warm.append(await _start(data))
    return [Figure("start_cold", min(cold), "s"), Figure("start_warm", min(warm), "s")]


async def _start(data: Path) -> float:
    started = time.perf_counter()
    async with suite_on(data, "embedded", {"RAPPORT_LOG_LEVEL": "warning"}):
        return time.perf_counter() - started
