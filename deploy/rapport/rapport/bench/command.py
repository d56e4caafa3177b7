"""The verb `bench`: measures, prints each figure as it comes, keeps them all."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path

from chassis import telemetry
from chassis.settings import ChassisSettings
from rapport.bench.figures import Figure, write_json
from rapport.bench.sizes import FULL, Sizes
from rapport.bench.stage import Servers, servers
from rapport.errors import UsageProblem

Benchmark = Callable[[Servers, Sizes], Awaitable[list[Figure]]]

MODULES = {
    "submission": "submission",
    "deal_list": "deal_list",
    "relay": "relay",
    "consumer": "consumer",
    "import": "imports",
    "rebuild": "rebuild",
    "lag": "lag",
    "memory": "memory",
    "start": "start",
}
"""The benchmarks by name, and where each one's `measure` is found."""


def bench_all(names: Sequence[str], json: Path | None) -> None:
    """Measure what is named, or everything; a figure's ratio is to a bare baseline of this run."""
    unknown = set(names) - set(MODULES)
    if unknown:
        raise UsageProblem(f"there is no {', '.join(unknown)}; there are {', '.join(MODULES)}")
    figures = asyncio.run(_measure(names or list(MODULES), FULL))
    if json:
        write_json(figures, json)


async def _measure(names: Sequence[str], sizes: Sizes) -> list[Figure]:
    telemetry.configure("bench", ChassisSettings(log_level="warning"))
    figures = []
    async with servers() as running:
        for name in names:
            for figure in await benchmark(name)(running, sizes):
                figures.append(figure)
                sys.stdout.write(f"{figure}\n")
                sys.stdout.flush()
    return figures


def benchmark(name: str) -> Benchmark:
    """Answer the function that measures `name`."""
    measure: Benchmark = import_module(f"rapport.bench.{MODULES[name]}").measure
    return measure
