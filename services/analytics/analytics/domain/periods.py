"""Periods of business days, the presets people pick them by, and the months in them (ANA-010)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final, Literal

WINDOW: Final = 12

Preset = Literal[
    "today",
    "yesterday",
    "week",
    "month",
    "quarter",
    "half_year",
    "nine_months",
    "year",
    "last_week",
    "last_month",
    "last_quarter",
    "last_half_year",
    "last_nine_months",
    "last_year",
]
"""Calendar periods around today: weeks begin on Monday, nine months run from January to September.

The last one is the whole one before; of nine months, that of the year before.
"""


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def months(self) -> list[date]:
        """Answer the first day of each month the period touches."""
        count = _month_number(self.last) - _month_number(self.first) + 1
        return [shift_months(self.first, place) for place in range(count)]


def shift_months(day: date, months: int) -> date:
    """Answer the first day of the month so many months after the one of `day`."""
    year, month = divmod(_month_number(day) + months, 12)
    return date(year, month + 1, 1)


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def last_days(days: int, today: date) -> Period:
    """Answer the `days` days that end today."""
    return Period(today - timedelta(days=days - 1), today)


def last_months(months: int, today: date) -> Period:
    """Answer the current month up to today and the months before it, so many in all."""
    return Period(shift_months(today, 1 - months), today)


def preset(name: Preset, today: date) -> Period:
    """Answer the period a preset means today."""
    return _PRESETS[name](today)


def _day(today: date, back: int) -> Period:
    day = today - timedelta(days=back)
    return Period(day, day)


def _week(today: date, back: int) -> Period:
    monday = today - timedelta(days=today.weekday() + 7 * back)
    return Period(monday, monday + timedelta(days=6))


def _months(today: date, back: int, length: int) -> Period:
    first = shift_months(today, -((today.month - 1) % length) - length * back)
    return Period(first, shift_months(first, length) - timedelta(days=1))


def _nine_months(today: date, back: int) -> Period:
    return Period(date(today.year - back, 1, 1), date(today.year - back, 9, 30))


_PRESETS: Final[Mapping[Preset, Callable[[date], Period]]] = {
    "today": partial(_day, back=0),
    "yesterday": partial(_day, back=1),
    "week": partial(_week, back=0),
    "month": partial(_months, back=0, length=1),
    "quarter": partial(_months, back=0, length=3),
    "half_year": partial(_months, back=0, length=6),
    "nine_months": partial(_nine_months, back=0),
    "year": partial(_months, back=0, length=12),
    "last_week": partial(_week, back=1),
    "last_month": partial(_months, back=1, length=1),
    "last_quarter": partial(_months, back=1, length=3),
    "last_half_year": partial(_months, back=1, length=6),
    "last_nine_months": partial(_nine_months, back=1),
    "last_year": partial(_months, back=1, length=12),
}
