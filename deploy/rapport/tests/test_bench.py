import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from rapport.bench.command import MODULES, benchmark
from rapport.bench.figures import Figure, write_json
from rapport.bench.sizes import Sizes
from rapport.bench.stage import Servers, servers

TINY = Sizes(
    shapes=("embedded",),
    seconds=0.3,
    warm_up=0.2,
    turns=1,
    clients=2,
    parties=20,
    deals=60,
    relayed=60,
    consumed=60,
    rebuilt=60,
    imported=50,
    changes=3,
    starts=1,
)
EXPECTED = {
    "lag": {"lag_p50", "lag_p95"},
    "memory": {"memory", "memory_under_load"},
    "start": {"start_cold", "start_warm"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running() -> AsyncIterator[Servers]:
    async with servers() as started:
        yield started


@pytest.mark.broker
@pytest.mark.parametrize("name", MODULES)
async def test_a_benchmark_measures_something(running: Servers, name: str, tmp_path: Path) -> None:
    figures = await benchmark(name)(running, TINY)

    assert {figure.name for figure in figures} == EXPECTED.get(name, {name})
    write_json(figures, tmp_path / "figures.json")
    for row in json.loads((tmp_path / "figures.json").read_text()):
        assert row.keys() == {"name", "value", "unit", "baseline", "ratio"}
        assert row["value"] > 0
        assert row["baseline"] is None or row["ratio"] == row["value"] / row["baseline"]


def test_a_figure_says_how_it_compares_to_its_baseline() -> None:
    assert str(Figure("relay", 800, "events/s", 1000)).endswith("bare 1,000.0   ratio 0.80")
    assert Figure("start_warm", 4, "s").ratio is None
