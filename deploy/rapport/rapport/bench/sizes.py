"""How much each measurement takes; tests take next to nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """`seconds` is the length of one turn of load; each side gets `turns` of them."""

    seconds: float = 4.0
    warm_up: float = 1.0
    turns: int = 2
    clients: int = 32
    parties: int = 100_000
    deals: int = 100_000
    relayed: int = 10_000
    consumed: int = 20_000
    rebuilt: int = 40_000
    imported: int = 100_000
    changes: int = 150
    starts: int = 2


FULL = Sizes()
