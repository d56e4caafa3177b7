"""What the README tells a newcomer to type really works."""

import os
import re
import subprocess
from pathlib import Path

from rapport.testing import ADMIN, PASSWORD, Rapport

README = Path(__file__).resolve().parents[2] / "README.md"
SECONDS = 60


def test_the_tour_of_the_readme_ends_with_the_figures_it_promises(rapport: Rapport) -> None:
    found = re.search(r"<!-- tour -->\n```sh\n(.*?)```", README.read_text(), re.DOTALL)
    assert found is not None
    script = "set -euo pipefail\n" + found[1].replace("you@example.com", ADMIN)
    tour = subprocess.run(
        ["bash", "-c", script.replace("correct-horse-battery", PASSWORD)],
        env={**os.environ, "RAPPORT_URL": rapport.url},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert tour.returncode == 0, tour.stdout + tour.stderr
    *_, won, paid, revenue, income = tour.stdout.splitlines()
    assert (won, paid) == ("won", "received")
    assert "'amount': '12000.00'" in revenue
    assert "'amount': '5000.00'" in income
