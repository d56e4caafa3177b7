import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from rapport.supervisor import LINE_LIMIT, Program, pause_after, supervise

FOREVER = "import time; print('up', flush=True); time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + FOREVER


class Watched:
    """A running supervisor, its lines, and the processes it started."""

    def __init__(self, *programs: Program, grace: float) -> None:
        self.stop = asyncio.Event()
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.pids: dict[str, int] = {}
        self.task = asyncio.create_task(
            supervise(
                programs,
                stop=self.stop,
                on_line=self.lines.put_nowait,
                pids=self.pids,
                grace=grace,
            )
        )

    async def line(self, text: str) -> str:
        """Answer the next line that contains `text`."""
        async with asyncio.timeout(20):
            while text not in (line := await self.lines.get()):
                pass
            return line


def program(name: str, code: str, **env: str) -> Program:
    return Program(name, [sys.executable, "-c", code], env)


@asynccontextmanager
async def supervised(*programs: Program, grace: float = 15) -> AsyncIterator[Watched]:
    watched = Watched(*programs, grace=grace)
    try:
        yield watched
    finally:
        watched.stop.set()
        async with asyncio.timeout(20):
            await watched.task


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_each_line_carries_the_name_of_its_program() -> None:
    async with supervised(program("deals", FOREVER), program("mail", FOREVER)) as watched:
        both = {await watched.line("up"), await watched.line("up")}
    assert both == {"deals | up", "mail | up"}


async def test_a_program_gets_its_own_environment_on_top_of_ours() -> None:
    show = "import os; print('PATH' in os.environ, os.environ['COLOUR'], flush=True);" + FOREVER
    async with supervised(program("deals", show, COLOUR="green")) as watched:
        assert await watched.line("deals") == "deals | True green"


async def test_a_killed_program_starts_again() -> None:
    async with supervised(program("deals", FOREVER)) as watched:
        await watched.line("up")
        first = watched.pids["deals"]
        os.kill(first, signal.SIGKILL)
        assert await watched.line("ended") == "deals | ended with exit code -9; next start in 0.5 s"
        await watched.line("up")
        assert watched.pids["deals"] != first


async def test_a_killed_program_starts_again_although_its_own_child_holds_the_output() -> None:
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {FOREVER!r}])\n"
    async with supervised(program("deals", parent + "import time; time.sleep(600)")) as watched:
        await watched.line("up")
        os.kill(watched.pids["deals"], signal.SIGKILL)
        await watched.line("up")


async def test_the_pause_doubles_while_a_program_keeps_ending() -> None:
    async with supervised(program("deals", "print('up')")) as watched:
        endings = [await watched.line("next start") for _ in range(3)]
    assert [line.split()[-2] for line in endings] == ["0.5", "1", "2"]


def test_pauses_grow_to_ten_seconds_and_start_anew_after_a_steady_run() -> None:
    pauses = [0.0]
    for _ in range(7):
        pauses.append(pause_after(1, pauses[-1]))
    assert pauses[1:] == [0.5, 1, 2, 4, 8, 10, 10]
    assert pause_after(30, 10) == 0.5


async def test_a_program_that_does_not_exist_does_not_disturb_the_others() -> None:
    async with supervised(
        Program("lost", ["/nowhere/to/be/found"]), program("deals", FOREVER)
    ) as watched:
        lines = {(await watched.line("|")).split(":")[0] for _ in range(2)}
        assert lines == {"lost | could not be started", "deals | up"}


async def test_stopping_ends_all_programs() -> None:
    async with supervised(program("deals", FOREVER), program("mail", FOREVER)) as watched:
        await watched.line("up")
        await watched.line("up")
        pids = list(watched.pids.values())
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)
    assert watched.pids == {}


async def test_stopping_does_not_wait_for_the_next_start() -> None:
    async with asyncio.timeout(2), supervised(Program("lost", ["/nowhere"])) as watched:
        await watched.line("next start")
        await watched.line("next start")


async def test_a_program_that_ignores_sigterm_is_killed_after_the_grace() -> None:
    async with supervised(program("deals", DEAF), grace=0.3) as watched:
        await watched.line("up")
        watched.stop.set()
        assert await watched.line("ended") == "deals | ended with exit code -9"


async def test_cancelling_the_supervisor_ends_its_programs() -> None:
    async with supervised(program("deals", FOREVER)) as watched:
        await watched.line("up")
        pid = watched.pids["deals"]
        watched.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watched.task
        assert gone(pid)
        watched.task = asyncio.create_task(asyncio.sleep(0))


async def test_an_output_that_cannot_be_printed_ends_everything_and_is_told() -> None:
    def broken(line: str) -> None:
        raise BrokenPipeError(line)

    pids: dict[str, int] = {}
    with pytest.raises(ExceptionGroup) as told:
        await supervise(
            [program("deals", FOREVER)], stop=asyncio.Event(), on_line=broken, pids=pids
        )
    assert told.group_contains(BrokenPipeError)
    assert pids == {}


async def test_long_lines_and_binary_output_pass() -> None:
    size = 3 * LINE_LIMIT
    noise = (
        "import sys; w = sys.stdout.buffer.write;"
        f"w(b'x' * {size} + b'\\n'); w(bytes(range(256)) + b'\\n'); w(b'no newline at the end')"
    )
    async with supervised(program("deals", noise)) as watched:
        lines = []
        while "next start" not in (line := await watched.line("")):
            lines.append(line.removeprefix("deals | "))
    assert sum(line.count("x") for line in lines if set(line) == {"x"}) == size
    assert any("\ufffd" in line for line in lines)
    assert lines[-1] == "no newline at the end"


async def test_a_terminals_interrupt_does_not_reach_the_programs() -> None:
    async with supervised(program("deals", FOREVER)) as watched:
        await watched.line("up")
        assert os.getsid(watched.pids["deals"]) == watched.pids["deals"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child to its parent")
def test_programs_die_with_a_killed_supervisor() -> None:
    code = (
        "import asyncio, sys\n"
        "from rapport.supervisor import Program, supervise\n"
        "child = 'import os, time; print(os.getpid(), flush=True); time.sleep(600)'\n"
        "say = lambda line: print(line, flush=True)\n"
        "asyncio.run(supervise([Program('deals', [sys.executable, '-c', child])],"
        " stop=asyncio.Event(), on_line=say))\n"
    )
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as parent:  # noqa: S603 - our own code
        assert parent.stdout
        child = os.pidfd_open(int(parent.stdout.readline().split()[-1]))
        parent.kill()
    try:
        assert select.select([child], [], [], 5)[0], "the program outlived its supervisor"
    finally:
        os.close(child)
