import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chassis.postgres import Server, embedded

Holder = subprocess.Popen[str]


@contextmanager
def enterable() -> Iterator[Path]:
    """An empty folder, with a space, every account may enter; pytest's own is closed to others."""
    with tempfile.TemporaryDirectory(prefix="rapport é ") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def place() -> Iterator[Path]:
    with enterable() as folder:
        yield folder


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[Server]:
    with enterable() as folder:
        async with embedded(folder / "postgres", fast=True) as running:
            yield running


@pytest.fixture(scope="session")
async def stopped() -> AsyncIterator[Path]:
    """The folder of a server that was started and stopped once."""
    with enterable() as folder:
        async with embedded(folder / "postgres", fast=True):
            pass
        yield folder / "postgres"


@pytest.fixture
def folder(stopped: Path, place: Path) -> Path:
    """A copy of `stopped` of one's own: quicker than a new cluster."""
    subprocess.run(["/bin/cp", "-a", stopped, place], check=True)  # noqa: S603 - keeps owners
    return place / "postgres"


@pytest.fixture
def hold() -> Iterator[Callable[..., tuple[Holder, int]]]:
    """Start a server in a process of its own; answers that process and the postmaster's id."""
    holders: list[Holder] = []

    def start(folder: Path, *how: str) -> tuple[Holder, int]:
        holder = subprocess.Popen(  # noqa: S603 - this interpreter and a file beside us
            [sys.executable, Path(__file__).with_name("holder.py"), folder, *how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        holders.append(holder)
        assert holder.stdout is not None
        return holder, int(holder.stdout.readline())

    yield start
    for holder in holders:
        holder.communicate()
