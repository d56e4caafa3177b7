"""What goes wrong during a proof, at random and on schedule."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from chassis.testing.rabbit_node import PrivateNode

FREEZE_SECONDS = 12.0
LEAST_PAUSE, LONGEST_PAUSE = 1.0, 3.0


@dataclass
class Toll:
    """How often each kind of process was killed, and the broker killed or frozen."""

    killed: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        self.killed[what] = self.killed.get(what, 0) + 1


async def kill_at_random(pids: dict[str, int], toll: Toll) -> None:
    """Kill -9 one of the processes after another, until cancelled."""
    chance = random.Random(os.urandom(8))  # noqa: S311 - not a secret
    while True:
        await asyncio.sleep(chance.uniform(LEAST_PAUSE, LONGEST_PAUSE))  # the pace of the faults
        if not pids:
            continue
        name, pid = chance.choice(list(pids.items()))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            toll.count(f"{name.rstrip('0123456789')} killed")


async def maltreat_broker(node: PrivateNode, seconds: float, toll: Toll) -> None:
    """Kill the broker after a third of the time, freeze it after two thirds."""
    await asyncio.sleep(seconds / 3)
    await node.kill()
    toll.count("broker killed")
    await node.start()
    await asyncio.sleep(seconds / 6)
    node.freeze()
    toll.count("broker frozen")
    try:
        await asyncio.sleep(FREEZE_SECONDS)
    finally:
        node.thaw()


async def until(
    condition: Callable[[], Awaitable[bool]], seconds: float, pause: float = 0.25
) -> bool:
    """Answer whether the condition came true in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        if await condition():
            return True
        await asyncio.sleep(pause)
    return False
