"""A server that outlived the process which started it (kill -9), and the file it leaves.

It is stopped, not adopted: a fresh start costs 0.03 s and always has today's settings, while an
adopted server would not be our child.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import structlog

from chassis.postgres.errors import PostgresError

STOP_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.02
PORT_LINE: Final = 3
SOCKETS_LINE: Final = 4
READY_LINE: Final = 7

log = structlog.get_logger(__name__)


def postmaster(data: Path) -> tuple[int, bool] | None:
    """Read who serves `data` by its pid file: process id, and whether it takes connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].isdigit():
        return None
    return int(lines[0]), len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready"


def address(data: Path) -> tuple[str, str] | None:
    """Read where the server of `data` listens: folder of its socket, and port."""
    found = postmaster(data)
    if found is None or not found[1]:
        return None
    lines = (data / "postmaster.pid").read_text().splitlines()
    return lines[SOCKETS_LINE], lines[PORT_LINE]


async def stop_leftover(data: Path) -> None:
    """Stop a server still running on `data`; the caller holds the folder's lock.

    A pid file may name a process that has nothing to do with us (ids are used again after a
    reboot). PostgreSQL would refuse to start beside it, so a stale file is removed; should a server
    run after all, its shared memory still keeps a second one out.
    """
    found = postmaster(data)
    if found is None:
        return
    pid, _ = found
    if _serves(pid, data):
        log.warning("postgres.leftover_stopped", pid=pid, data=str(data))
        await _stop(pid, data)
    (data / "postmaster.pid").unlink(missing_ok=True)


async def _stop(pid: int, data: Path) -> None:
    for stop_signal in (signal.SIGINT, signal.SIGQUIT):
        os.kill(pid, stop_signal)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not _serves(pid, data):
                return
            await asyncio.sleep(LOOK_SECONDS)  # not our child: nothing would tell us
    raise PostgresError(f"An earlier PostgreSQL (process {pid}) on {data} does not stop.")


def _serves(pid: int, data: Path) -> bool:
    """Tell whether the process is a postmaster started on `data`, by its command line."""
    if sys.platform == "linux":
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except FileNotFoundError:
            return False
        return arguments[0].endswith(b"/postgres") and os.fsencode(data) in arguments
    listed = subprocess.run(  # noqa: S603 - a fixed program and a number
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        check=False,
        capture_output=True,
        text=True,
    )
    return f"/postgres -D {data} " in listed.stdout
