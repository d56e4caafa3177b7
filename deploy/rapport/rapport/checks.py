"""The verb `test`: every check, then every test, cheapest first, as CI runs it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WHOLE_SUITE = ("tests/e2e", "tests/chaos")
PACKAGES = ("kernel", "contracts", "chassis", "intake", "deals", "mail", "analytics", "gateway")


def check_all(arguments: Sequence[str]) -> int:
    """Run the checks and tests from the project's root; answers the first exit code that is not 0.

    The test runner comes last, so that its summary is the last thing printed.
    """
    for command in (*_checks(), *_tests(arguments)):
        sys.stdout.write(f"$ {' '.join(command)}\n")
        sys.stdout.flush()
        code = subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - our own
        if code:
            return code
    return 0


def _checks() -> list[list[str]]:
    tool = Path(sys.executable).parent
    packages = [part for package in (*PACKAGES, "rapport") for part in ("-p", package)]
    tests = [str(path.relative_to(ROOT)) for path in _test_folders()]
    return [
        [str(tool / "ruff"), "format", "--check", "--quiet", "."],
        [str(tool / "ruff"), "check", "--quiet", "."],
        [str(tool / "lint-imports"), "--no-logo"],
        [str(tool / "mypy"), *packages],
        [str(tool / "mypy"), "--explicit-package-bases", *tests, "conftest.py"],
    ]


def _test_folders() -> list[Path]:
    members = (*ROOT.glob("shared/*"), *ROOT.glob("services/*"), ROOT / "deploy/rapport", ROOT)
    return [member / "tests" for member in sorted(members) if (member / "tests").is_dir()]


def _tests(arguments: Sequence[str]) -> list[list[str]]:
    """Test the parts side by side, then the whole suite alone, for it fills a machine by itself."""
    pytest = [sys.executable, "-m", "pytest"]
    if arguments:
        return [[*pytest, *arguments]]
    apart = [f"--ignore={folder}" for folder in WHOLE_SUITE]
    return [[*pytest, "-n", "2", "--dist", "loadfile", *apart], [*pytest, *WHOLE_SUITE]]
