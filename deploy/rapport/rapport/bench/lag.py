"""From the answer to a change until a report shows it, at a steady rate of changes."""

import asyncio
import statistics
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

import httpx2

from rapport.bench.figures import Figure
from rapport.bench.running import suite
from rapport.bench.sizes import SHAPES, Sizes
from rapport.bench.stage import Servers

PER_SECOND = 20
DEALS = 20
LOOK_SECONDS = 0.01
LONGEST_SECONDS = 30


@dataclass
class Watch:
    """Changes that no report has shown yet, and how long it took with the others."""

    waiting: deque[tuple[datetime, float]] = field(default_factory=deque)
    seconds: list[float] = field(default_factory=list)

    def changed(self, at: datetime) -> None:
        """Note that a change of that instant was answered just now."""
        self.waiting.append((at, time.perf_counter()))

    def shown(self, through: datetime) -> None:
        """Note that a report shows everything up to that instant."""
        now = time.perf_counter()
        while self.waiting and self.waiting[0][0] <= through:
            self.seconds.append(now - self.waiting.popleft()[1])


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """Measure both shapes."""
    stage = await servers.stage("lag")
    figures = []
    for shape in sizes.shapes:
        async with suite(stage, shape) as running, running.client() as client:
            seconds = await _lags(client, sizes.changes)
        percentiles = statistics.quantiles(seconds, n=20, method="inclusive")
        for name, place in (("p50", 9), ("p95", 18)):
            figures.append(Figure(f"lag{SHAPES[shape]}_{name}", percentiles[place] * 1000, "ms"))
    return figures


async def _lags(client: httpx2.AsyncClient, changes: int) -> list[float]:
    deals = [await _new_deal(client, number) for number in range(DEALS)]
    watch = Watch()
    watching = asyncio.create_task(_look(client, watch))
    try:
        async with asyncio.timeout(changes / PER_SECOND + LONGEST_SECONDS):
            await _change_steadily(client, deals, changes, watch)
            while watch.waiting and not watching.done():
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        watching.cancel()
        await asyncio.wait({watching})
    return watch.seconds


async def _new_deal(client: httpx2.AsyncClient, number: int) -> str:
    answer = await client.post("deals/deals", json={"name": f"Pumps for plant {number}"})
    deal_id: str = answer.raise_for_status().json()["id"]
    return deal_id


async def _change_steadily(
    client: httpx2.AsyncClient, deals: list[str], changes: int, watch: Watch
) -> None:
    """Change one deal after the other at the rate given, whatever time an answer takes."""
    started = time.perf_counter()
    for number in range(changes):
        await asyncio.sleep(started + number / PER_SECOND - time.perf_counter())
        change = {"next_step": f"Call back, number {number}"}
        answer = await client.patch(f"deals/deals/{deals[number % len(deals)]}", json=change)
        watch.changed(datetime.fromisoformat(answer.raise_for_status().json()["updated_at"]))


async def _look(client: httpx2.AsyncClient, watch: Watch) -> None:
    while True:
        answer = (await client.get("analytics/reports/pipeline")).raise_for_status().json()
        if answer["data_through"]:
            watch.shown(datetime.fromisoformat(answer["data_through"]))
        await asyncio.sleep(LOOK_SECONDS)
