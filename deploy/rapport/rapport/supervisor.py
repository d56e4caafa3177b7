"""Keep a set of programs running: restart what ends, label what they print, stop them together."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from subprocess import DEVNULL
from typing import Final

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 10.0
STEADY_AFTER: Final = 30.0
DRAIN: Final = 1.0
LINE_LIMIT: Final = 64 * 1024
PR_SET_PDEATHSIG: Final = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


PauseFor = Callable[[float, float], float]
"""Answers the seconds to wait, given how long a program ran and the last pause."""


@dataclass(frozen=True)
class Program:
    """One program to keep running; `env` is added to our own environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


def pause_after(ran_for: float, last_pause: float) -> float:
    """Answer the seconds to wait before the next start; 0 as `last_pause` is the first time."""
    if ran_for >= STEADY_AFTER or not last_pause:
        return FIRST_PAUSE
    return min(last_pause * 2, LONGEST_PAUSE)


async def supervise(
    programs: Iterable[Program],
    *,
    stop: asyncio.Event,
    on_line: Callable[[str], object] = print,
    pids: dict[str, int] | None = None,
    grace: float = 15.0,
    pause: PauseFor = pause_after,
) -> None:
    """Run the programs until `stop` is set, and return when all of them have ended.

    One that ends is started again after a pause that doubles up to ten seconds. Stopping, or being
    cancelled, sends SIGTERM and after `grace` seconds SIGKILL. `pids` is kept up to date with the
    process of each running program. An error in `on_line` stops everything and is raised.
    Call it from the main thread: on Linux the programs die when the thread that began them does.
    """
    running: dict[str, int] = {} if pids is None else pids
    async with asyncio.TaskGroup() as group:
        for program in programs:
            group.create_task(
                _keep_running(program, stop, on_line, running, grace=grace, pause_for=pause)
            )


async def _keep_running(
    program: Program,
    stop: asyncio.Event,
    on_line: Callable[[str], object],
    pids: dict[str, int],
    *,
    grace: float,
    pause_for: PauseFor,
) -> None:
    def say(line: str) -> None:
        on_line(f"{program.name} | {line}")

    now = asyncio.get_running_loop().time
    pause = 0.0
    while not stop.is_set():
        started_at = now()
        try:
            ending = await _run_once(program, stop, say, pids, grace)
        except OSError as error:
            ending = f"could not be started: {error}"
        if stop.is_set():
            return say(ending)
        pause = pause_for(now() - started_at, pause)
        say(f"{ending}; next start in {pause:g} s")
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()
    return None


async def _run_once(
    program: Program,
    stop: asyncio.Event,
    say: Callable[[str], None],
    pids: dict[str, int],
    grace: float,
) -> str:
    process, output = await _start(program)
    pids[program.name] = process.pid
    async with asyncio.TaskGroup() as group:
        printing = group.create_task(_forward(output, say))
        try:
            await _ended_or_stopped(process, stop)
        finally:
            await _end(process, grace)
            del pids[program.name]
            await asyncio.wait({printing}, timeout=DRAIN)
            printing.cancel()
    return f"ended with exit code {process.returncode}"


async def _start(program: Program) -> tuple[asyncio.subprocess.Process, int]:
    """Start a program in a session of its own; answer it and the descriptor its output comes from.

    The pipe is ours, for with one of asyncio's `wait` lasts until every heir of it is gone too.
    """
    ours, theirs = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *program.argv,
            env={**os.environ, **program.env},
            stdin=DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=partial(_die_with, os.getpid()),
        )
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return process, ours


def _die_with(parent: int) -> None:
    """Tie this new process to its parent, which may have died before the tie was made."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


async def _ended_or_stopped(process: asyncio.subprocess.Process, stop: asyncio.Event) -> None:
    waits = [asyncio.create_task(process.wait()), asyncio.create_task(stop.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _end(process: asyncio.subprocess.Process, grace: float) -> None:
    """Ask the program to end, then force it; what it has itself started and left ends with it."""
    try:
        if process.returncode is None:
            process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await process.wait()
    finally:
        # Nobody left in the group; macOS says EPERM where only zombies are.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _forward(output: int, say: Callable[[str], None]) -> None:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(output, "rb", buffering=0)
    )
    try:
        async for line in _lines(reader):
            say(line.decode(errors="replace").rstrip("\r"))
    finally:
        transport.close()


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Cut a stream into lines; a line over the limit comes in pieces."""
    rest = b""
    while chunk := await reader.read(LINE_LIMIT):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
        if len(rest) >= LINE_LIMIT:
            yield rest
            rest = b""
    if rest:
        yield rest
