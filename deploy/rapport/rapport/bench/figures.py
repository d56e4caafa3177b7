"""A measured figure beside its baseline."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured value; `ratio` is value / baseline, so above 1 means faster than bare.

    Figures that have no bare counterpart (memory, start) carry no baseline.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None

    @property
    def ratio(self) -> float | None:
        """Answer value / baseline."""
        return self.value / self.baseline if self.baseline else None

    def __str__(self) -> str:
        line = f"{self.name:<28} {self.value:>12,.1f} {self.unit}"
        if self.baseline:
            line += f"   bare {self.baseline:,.1f}   ratio {self.ratio:.2f}"
        return line


def write_json(figures: Sequence[Figure], path: Path) -> None:
    """Write figures as a list of {name, value, unit, baseline, ratio}."""
    rows = [{**asdict(figure), "ratio": figure.ratio} for figure in figures]
    path.write_text(json.dumps(rows, indent=1) + "\n")
