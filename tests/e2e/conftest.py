"""The whole suite, embedded and as processes on RabbitMQ."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rapport.testing import Rapport, running


@pytest.fixture(scope="module")
def data_folder() -> Iterator[Path]:
    """Make a folder that PostgreSQL's user may enter."""
    with tempfile.TemporaryDirectory(prefix="rapport-e2e-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


@pytest.fixture(
    scope="module", params=["embedded", pytest.param("processes", marks=pytest.mark.broker)]
)
def rapport(request: pytest.FixtureRequest, data_folder: Path) -> Iterator[Rapport]:
    """Run the suite in either shape."""
    broker = request.getfixturevalue("broker_url") if request.param == "processes" else None
    with running(data_folder / request.param, request.param, broker) as suite:
        yield suite
