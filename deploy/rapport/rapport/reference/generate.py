"""The verb `generate`: writes the references, or tells which no longer agree with the code."""

import asyncio
import sys
from pathlib import Path

from rapport.checks import ROOT
from rapport.reference.asyncapi import asyncapi_files
from rapport.reference.events import event_files
from rapport.reference.openapi import openapi_files
from rapport.reference.permissions import permission_files
from rapport.reference.problems import problem_files
from rapport.reference.promises import SCHEMAS, broken_promises
from rapport.reference.rendering import FOLDER, Files
from rapport.reference.schemas import schema_files
from rapport.reference.settings import settings_files
from rapport.reference.suite import Suite, read_suite


def generate_all(root: Path = ROOT, *, check: bool) -> int:
    """Bring the references of a project up to date, or check them; answers the exit code."""
    return settle(root, asyncio.run(documents(root, read_suite())), check=check)


def settle(root: Path, wanted: Files, *, check: bool) -> int:
    """Write what differs and name it, or with `check` only name it and answer 1.

    Nothing is written when an event no longer is what its readers were promised.
    """
    if broken := broken_promises(root, wanted):
        sys.stderr.write("\n".join(f"rapport: {promise}" for promise in broken))
        sys.stderr.write(f"\nrapport: say it as a new version; {SCHEMAS} holds what was promised\n")
        return 1
    differing = differences(root, wanted)
    if not check:
        write(root, wanted, differing)
    for path in differing:
        sys.stdout.write(f"{'differs' if check else 'wrote'} {path}\n")
    if check and differing:
        sys.stderr.write("rapport: run `./rapport generate` and commit what it writes\n")
    return int(check and bool(differing))


async def documents(root: Path, suite: Suite) -> Files:
    """Answer every generated file of the project."""
    return {
        **await openapi_files(suite),
        **asyncapi_files(suite),
        **schema_files(suite),
        **event_files(suite),
        **settings_files(root),
        **problem_files(),
        **permission_files(),
    }


def differences(root: Path, wanted: Files) -> list[str]:
    """Name the files that are missing, that differ, or that nothing generates any more."""
    present = {
        path.relative_to(root).as_posix() for path in (root / FOLDER).rglob("*") if path.is_file()
    }
    stale = present - wanted.keys()
    wrong = {path for path, text in wanted.items() if _text(root / path) != text}
    return sorted(stale | wrong)


def write(root: Path, wanted: Files, differing: list[str]) -> None:
    """Write or remove the files named."""
    for name in differing:
        path = root / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], "utf-8", newline="\n")
        else:
            path.unlink()


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None
