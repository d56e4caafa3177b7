"""How much each measurement takes; tests take next to nothing."""

from dataclasses import dataclass
from typing import Final, Literal

Shape = Literal["embedded", "processes"]

SHAPES: Final[dict[Shape, str]] = {"embedded": "", "processes": "_processes"}
"""The shapes of a running suite, and how the names of their figures end."""


@dataclass(frozen=True)
class Sizes:
    """`seconds` is the length of one turn of load; each side gets `turns` of them."""

    shapes: tuple[Shape, ...] = tuple(SHAPES)
    seconds: float = 4.0
    warm_up: float = 1.0
    turns: int = 2
    clients: int = 32
    parties: int = 100_000
    deals: int = 100_000
    relayed: int = 5_000
    consumed: int = 8_000
    rebuilt: int = 20_000
    imported: int = 100_000
    changes: int = 150
    starts: int = 2


FULL = Sizes()
