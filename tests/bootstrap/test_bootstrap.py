"""`./rapport` installs itself wherever it lies, once, and hands over with everything it was given.

Python's venv and pip, and uv, are stood in for by two shell scripts beside this file: they are the
outside world here, and need the network.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass
class Checkout:
    """A copy of what the bootstrap reads, and the environment it runs in."""

    home: Path
    elsewhere: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def calls(self) -> list[str]:
        """What was asked of Python, pip and uv since the last look."""
        written = Path(self.environment["CALLS"])
        lines = written.read_text().splitlines()
        written.write_text("")
        return lines

    def start(self, *verb: str, script: Path | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [script or self.home / "rapport", *verb],
            cwd=self.elsewhere,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *verb: str, script: Path | None = None) -> list[str]:
        process = self.start(*verb, script=script)
        said, complained = process.communicate(timeout=20)
        assert process.returncode == 0, complained
        return said.splitlines()

    def refusal(self, *verb: str) -> str:
        process = self.start(*verb)
        said, complained = process.communicate(timeout=20)
        assert (process.returncode, said) == (1, "")
        return complained


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    home = tmp_path / "my projects" / "rapport é"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for member in ("", "shared/kernel", "services/deals"):
        (home / member).mkdir(parents=True, exist_ok=True)
        (home / member / "pyproject.toml").write_text("[project]\n")
    (home / "uv.lock").write_text("version = 1\n")
    shutil.copy(ROOT / "rapport", home)
    calls = tmp_path / "calls"
    calls.touch()
    return Checkout(
        home,
        elsewhere,
        {
            "PATH": os.defpath,
            "CALLS": str(calls),
            "REAL_PYTHON": sys.executable,
            "FAKE_PYTHON": str(HERE / "fake_python"),
            "FAKE_UV": str(HERE / "fake_uv"),
            "RAPPORT_PYTHON": str(HERE / "fake_python"),
        },
    )


def test_the_first_start_installs_and_hands_over_what_it_was_given(checkout: Checkout) -> None:
    said = checkout.run("up", "--port", "80 80", "")
    assert said == [str(checkout.home), str(checkout.elsewhere), "1", "up", "--port", "80 80", ""]
    venv = checkout.home / ".venv"
    sync = "uv sync --quiet --locked --compile-bytecode --no-dev --inexact"
    assert checkout.calls == [
        f"-m venv --clear {venv}",
        "-m pip install --quiet uv>=0.13,<0.14",
        f"begin {sync} --project {checkout.home} --python {venv}/bin/python",
        "end uv",
    ]


def test_a_start_with_nothing_new_installs_nothing(checkout: Checkout) -> None:
    checkout.run("up")
    assert checkout.calls
    checkout.run("up")
    assert checkout.calls == []


@pytest.mark.parametrize("changed", ["uv.lock", "services/deals/pyproject.toml"])
def test_a_changed_dependency_is_installed(checkout: Checkout, changed: str) -> None:
    checkout.run("up")
    assert checkout.calls
    (checkout.home / changed).write_text("# another\n")
    checkout.run("up")
    assert [call.split(" --")[0] for call in checkout.calls] == ["begin uv sync", "end uv"]


def test_tests_need_the_development_tools_and_nothing_removes_them(checkout: Checkout) -> None:
    checkout.run("up")
    assert checkout.calls
    checkout.run("test")
    assert "--no-dev" not in checkout.calls[0]
    checkout.run("up")
    assert checkout.calls == []
    (checkout.home / "uv.lock").write_text("# another\n")
    checkout.run("up")
    assert "--no-dev --inexact" in checkout.calls[0]


def test_two_first_starts_take_turns_and_install_once(checkout: Checkout) -> None:
    starts = [checkout.start("up") for _ in range(2)]
    assert [start.communicate(timeout=20)[0].splitlines()[-1] for start in starts] == ["up", "up"]
    assert [call.split()[0] for call in checkout.calls] == ["-m", "-m", "begin", "end"]


def test_it_is_found_through_links(checkout: Checkout) -> None:
    (checkout.elsewhere / "first").symlink_to("second")
    (checkout.elsewhere / "second").symlink_to(checkout.home / "rapport")
    assert checkout.run("up", script=checkout.elsewhere / "first")[0] == str(checkout.home)


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_it_runs_in_any_posix_shell(checkout: Checkout, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    script = checkout.elsewhere / "start"
    script.write_text(f"#!/bin/sh\nexec {shell} '{checkout.home}/rapport' \"$@\"\n")
    script.chmod(0o755)
    assert checkout.run("up", script=script)[-1] == "up"


def test_a_project_that_was_moved_is_installed_anew(checkout: Checkout) -> None:
    checkout.run("up")
    checkout.home = checkout.home.rename(checkout.home.with_name("moved"))
    assert checkout.calls
    assert checkout.run("up")[0] == str(checkout.home)
    assert checkout.calls[0] == f"-m venv --clear {checkout.home}/.venv"


def test_a_venv_without_its_python_is_made_anew(checkout: Checkout) -> None:
    checkout.run("up")
    (checkout.home / ".venv/bin/python").unlink()
    assert checkout.calls
    checkout.run("up")
    assert checkout.calls[0].startswith("-m venv --clear")


def test_without_venvs_own_pip_the_systems_is_used(checkout: Checkout) -> None:
    checkout.environment["NO_ENSUREPIP"] = "1"
    checkout.run("up")
    venv = checkout.home / ".venv"
    assert checkout.calls[1:4] == [
        f"-m venv --clear --without-pip {venv}",
        "-m pip --version",
        f"-m pip --python {venv}/bin/python install --quiet uv>=0.13,<0.14",
    ]


def test_without_any_pip_the_missing_package_is_named(checkout: Checkout) -> None:
    checkout.environment |= {"NO_ENSUREPIP": "1", "NO_PIP": "1"}
    assert "apt install python3-venv" in checkout.refusal("up")


def test_a_given_python_that_will_not_do_is_named(checkout: Checkout) -> None:
    checkout.environment["RAPPORT_PYTHON"] = "/bin/false"
    assert checkout.refusal("up") == (
        "rapport: RAPPORT_PYTHON=/bin/false is not a Python 3.11 or newer.\n"
    )


def test_an_installation_that_fails_is_tried_again(checkout: Checkout) -> None:
    checkout.environment["FAKE_UV"] = "/nonexistent"
    assert "uv could not install the packages" in checkout.refusal("up")
    checkout.environment["FAKE_UV"] = str(HERE / "fake_uv")
    assert checkout.run("up")[-1] == "up"


def test_the_users_own_settings_are_kept(checkout: Checkout) -> None:
    checkout.environment["UV_SYSTEM_CERTS"] = "0"
    assert checkout.run("up")[2] == "0"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_one_may_not_write_is_named(checkout: Checkout) -> None:
    checkout.home.chmod(0o555)
    assert f"{checkout.home} is not writable" in checkout.refusal("up")
    checkout.home.chmod(0o755)
