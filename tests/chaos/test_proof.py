"""The proof of the event backbone at CI length: 0 lost, 0 doubled, 0 out of order (A1-A4, A6)."""

import subprocess
import sys

import pytest

SECONDS = "20"


@pytest.mark.parametrize("transport", ["direct", pytest.param("rabbit", marks=pytest.mark.broker)])
def test_nothing_is_lost_doubled_or_disordered(transport: str) -> None:
    command = [sys.executable, "-m", "rapport", "prove", "--seconds", SECONDS]
    proof = subprocess.run(
        [*command, "--transport", transport], capture_output=True, text=True, check=False
    )
    assert proof.returncode == 0, proof.stdout + proof.stderr
    sys.stdout.write(proof.stdout)
