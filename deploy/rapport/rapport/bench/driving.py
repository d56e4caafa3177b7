"""Drives servers with the load generator, the suite and its bare counterpart in turns."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from subprocess import PIPE

import orjson

from rapport.bench.load import Load, Outcome

Turn = Callable[[], Awaitable[float]]
"""Measures once; answers a rate."""


async def nothing_to_settle() -> None:
    """Go on at once: the work is done when it is answered."""


async def drive(load: Load) -> float:
    """Send a load from another process; answers requests per second.

    Raises:
        RuntimeError: an answer was no success, or there was none.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rapport.bench.load", stdin=PIPE, stdout=PIPE
    )
    try:
        written, _ = await process.communicate(orjson.dumps(load))
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise RuntimeError(f"the load generator ended with exit code {process.returncode}")
    outcome = Outcome(**orjson.loads(written))
    if outcome.failures:
        raise RuntimeError(f"{outcome.failures} requests failed; the first one: {outcome.failure}")
    if not outcome.requests:
        raise RuntimeError("nothing was answered")
    return outcome.per_second


@dataclass(frozen=True)
class Rates:
    """What was measured of the bare counterpart and of the suite."""

    bare: float
    ours: float


async def in_turns(
    turns: int, bare: Turn, ours: Turn, settle: Callable[[], Awaitable[None]] = nothing_to_settle
) -> Rates:
    """Measure the two alternately, so that what disturbs one disturbs both.

    Answers the best of each: disturbance only ever slows. `settle` waits until what our turn has
    begun is done.
    """
    bares, all_of_ours = [], []
    for _ in range(turns):
        bares.append(await bare())
        all_of_ours.append(await ours())
        await settle()
    return Rates(max(bares), max(all_of_ours))
