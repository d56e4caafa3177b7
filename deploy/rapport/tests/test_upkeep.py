"""Verbs that are run beside a suite at work (GAT-021, EVT-009)."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from chassis.postgres import joined
from rapport.testing import Rapport, running, until

SECONDS = 60


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """Make a folder that PostgreSQL's user may enter."""
    with tempfile.TemporaryDirectory(prefix="rapport-upkeep-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


@pytest.fixture(scope="module")
def rapport(data: Path) -> Iterator[Rapport]:
    """Run the suite in one process."""
    with running(data, "embedded", None) as suite:
        yield suite


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `rapport` with these words."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "rapport", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


async def forget_users(data: Path) -> str:
    """Empty intake's replica of the users behind its back; answers the server's address."""
    async with joined(data / "postgres") as dsn:
        connection = await asyncpg.connect(dsn.replace("/postgres?", "/rapport_intake?"))
        await connection.execute("delete from user_replica")
        await connection.close()
        return dsn


@pytest.mark.parametrize("reached", ["by its folder", "by its address"])
def test_replicas_are_refilled_while_the_suite_works(
    rapport: Rapport, data: Path, reached: str
) -> None:
    admin = rapport.login()
    owner = admin.get("gateway/me")["id"]
    lead = {"title": "Pump", "owner_id": owner}

    def answer() -> int:
        return admin.http.post("/api/v1/intake/leads", json=lead, headers=admin.headers).status_code

    until(lambda: answer() == 201)
    address = asyncio.run(forget_users(data)).replace("/postgres?", "/rapport?")
    assert answer() == 422
    settings = {} if reached == "by its folder" else {"RAPPORT_DATABASE_URL": address}
    done = run("refill", "intake", "--data", str(data), **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"^gateway: (\d+) events read, (\d+) applied$", done.stdout, re.MULTILINE)
    assert found
    assert int(found[1]) >= int(found[2]) >= 1
    assert re.search(r"^records put right: 1$", done.stdout, re.MULTILINE)
    assert answer() == 201


@pytest.mark.parametrize("service", ["gateway", "deals", "mail"])
def test_every_service_with_replicas_can_be_refilled_and_is_right_already(
    rapport: Rapport, data: Path, service: str
) -> None:
    def is_right() -> bool:  # as soon as what was said at the start has been heard
        done = run("refill", service, "--data", str(data))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.endswith("records put right: 0\n")

    until(is_right, SECONDS)


def test_a_service_without_replicas_says_so(data: Path) -> None:
    for service, words in (("analytics", "keeps no copies"), ("nobody", "there is no service")):
        refused = run("refill", service, "--data", str(data))
        assert (refused.returncode, words in refused.stderr) == (1, True), refused.stderr


def test_reports_are_rebuilt_while_the_suite_works(rapport: Rapport, data: Path) -> None:
    """ANA-005."""
    done = run("rebuild", "--data", str(data))
    assert done.returncode == 0, done.stdout + done.stderr
    assert " events in " in done.stdout
