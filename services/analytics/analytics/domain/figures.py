"""What every answer is made of: sums of money that say whether they are whole, shares, averages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from kernel.money import round_half_even, round_half_up

CENTS: Final = 2


@dataclass(frozen=True)
class Figure:
    """A sum of money in the answer's currency.

    It is `incomplete` when records were left out of it because their rate is missing (ANA-013).
    """

    amount: Decimal
    currency: str | None
    incomplete: bool


@dataclass(frozen=True)
class MissingRate:
    """Records that no sum has: so many of them, with so much in their own currency."""

    currency: str
    date: date
    number: int
    amount: Decimal


@dataclass(frozen=True)
class Answer:
    """What every answer says about itself (ANA-006).

    `data_through` is the time of the last event applied; `filters` what was counted.
    """

    data_through: datetime | None
    generated_at: datetime
    filters: dict[str, Any]
    currency: str | None
    missing_rates: list[MissingRate]


def percent(part: int, whole: int, digits: int = 1) -> float:
    """Answer the share of `part` in percent, rounded half up; of nothing it is 0 (ANA-014)."""
    share = Decimal(100 * part) / whole if whole else Decimal(0)
    return float(round_half_up(share, digits))


def total(figures: Sequence[Figure], currency: str | None) -> Figure:
    """Add sums of money up; the whole is incomplete when one of them is."""
    amount = sum((figure.amount for figure in figures), Decimal("0.00"))
    return Figure(amount, currency, any(figure.incomplete for figure in figures))


def average(total: Figure, number: int) -> Figure:
    """Divide a sum of money by a number of things; of none it is 0 (ANA-014)."""
    amount = total.amount / number if number else Decimal(0)
    return Figure(round_half_even(amount, CENTS), total.currency, total.incomplete)


def mean_days(days: Decimal | None) -> float | None:
    """Round an average of days to 1 decimal, half up; of none there is none (ANA-014)."""
    return None if days is None else float(round_half_up(days, 1))


def mean(total: int, number: int) -> float:
    """Divide a number of things by another, to 1 decimal, half up; by none it is 0."""
    return float(round_half_up(Decimal(total) / number, 1)) if number else 0.0
