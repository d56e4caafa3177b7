"""Installs a Debian package a test needs, and keeps the service it brings from ever starting."""

import asyncio
import fcntl
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SERVICE_POLICY: Final = Path("/usr/sbin/policy-rc.d")
INSTALL_LOCK: Final = Path("/run/rapport-install.lock")
"""One lock for every package: the policy file is one, too."""
LAST_WORDS: Final = 2000


class NotInstallable(RuntimeError):
    """The package is missing, and this process cannot install it."""


async def install(package: str, present: Callable[[], bool]) -> None:
    """Install `package` unless `present` says that it is there already.

    Raises:
        NotInstallable: without root or apt-get, or when apt-get fails.
    """
    if present():
        return
    advice = f"The tests need {package} (as root: apt-get install {package})."
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NotInstallable(advice)
    with _one_at_a_time(), _services_kept_off():
        if present():  # another test process was quicker
            return
        process = await asyncio.create_subprocess_shell(
            f"apt-get update; exec apt-get install --yes --no-install-recommends {package}",
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
        )
        output = (await process.communicate())[0].decode(errors="replace")
    if process.returncode or not present():
        raise NotInstallable(f"{advice} apt-get says:\n{output[-LAST_WORDS:]}")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with INSTALL_LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _services_kept_off() -> Iterator[None]:
    """Forbid packages to start services; a policy that was there comes back afterwards."""
    aside = SERVICE_POLICY.with_name("policy-rc.d.before-rapport")
    if SERVICE_POLICY.exists():
        SERVICE_POLICY.rename(aside)
    try:
        SERVICE_POLICY.write_text("#!/bin/sh\nexit 101\n")
        SERVICE_POLICY.chmod(0o755)
        yield
    finally:
        SERVICE_POLICY.unlink()
        if aside.exists():
            aside.rename(SERVICE_POLICY)
