"""Keeps background tasks alive: any exit of a task is a failure, logged and restarted."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator

import structlog

log = structlog.get_logger()

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
STEADY_SECONDS = 30.0


async def keep_running(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` for ever; when it ends or fails, start it again after a growing, jittered pause.

    A library may raise CancelledError although nobody cancelled us (a frozen broker does); only a
    cancellation of this very task ends it.
    """
    loop = asyncio.get_running_loop()
    waits = pauses()
    while True:
        started = loop.time()
        try:
            await work()
            log.warning("task.ended", task=name)
        except asyncio.CancelledError:
            if being_cancelled():
                raise
            log.warning("task.cancelled_by_library", task=name)
        except Exception as error:  # noqa: BLE001 - the supervisor of everything below
            log.warning("task.failed", task=name, error=in_a_line(error))
        if loop.time() - started > STEADY_SECONDS:
            waits = pauses()
        await asyncio.sleep(next(waits))


def pauses() -> Iterator[float]:
    """Answer how many seconds to wait before each further try: ever longer, and jittered."""
    pause = FIRST_PAUSE
    while True:
        yield pause * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
        pause = min(pause * 2, LONGEST_PAUSE)


def in_a_line(error: BaseException) -> str:
    """Describe an error, or the first one inside a group of them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:2000]


def being_cancelled() -> bool:
    """Answer whether somebody cancels this task: a library may raise CancelledError by itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
