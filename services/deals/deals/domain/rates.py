"""Dated rates: which one holds on a day, and how currencies convert through the national one.

A rate is units of the national currency for one unit of a currency, with 8 decimals (DEA-100). One
unit of a currency worth less than 0.0001 of the national one thus has fewer than five significant
digits; of 1,000,000 such units no more than half of 0.01 national units is lost by rounding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal

from kernel.money import DIGITS

RATE_DECIMALS = 8
SMALLEST_RATE = Decimal(1).scaleb(-RATE_DECIMALS)
LARGEST_RATE = Decimal(1).scaleb(DIGITS - RATE_DECIMALS)
_PRECISE = Context(prec=40)


@dataclass(frozen=True)
class Validity:
    """How old a rate may be, and today: the future uses today's rates (DEA-102)."""

    today: date
    max_age_days: int


def rate_for(rates: Mapping[date, Decimal], day: date, validity: Validity) -> Decimal | None:
    """Answer the newest rate on or before `day`, unless it is too old.

    Args:
        rates: the rates of one currency by their day.
        day: the date of the figure.
        validity: today, and the greatest age in days.
    """
    newest_day = min(day, validity.today).toordinal()
    oldest_day = max(newest_day - validity.max_age_days, date.min.toordinal())
    lookback = map(date.fromordinal, range(newest_day, oldest_day - 1, -1))
    newest = next((known for known in lookback if known in rates), None)
    return None if newest is None else rates[newest]


def cross_rate(source: Decimal, target: Decimal) -> Decimal:
    """Answer how many units of the target one unit of the source is worth, by national rates."""
    return _PRECISE.divide(source, target)


def inverted(units: Decimal) -> Decimal | None:
    """Turn "units of the currency for one national unit" into a rate, half-even at 8 decimals.

    Returns:
        Nothing when the rate cannot be written with 8 decimals and 18 digits.
    """
    return _written(_PRECISE.divide(Decimal(1), units))


def _written(rate: Decimal) -> Decimal | None:
    if rate >= LARGEST_RATE:
        return None
    return rate.quantize(SMALLEST_RATE, ROUND_HALF_EVEN, _PRECISE) or None


def rebased(
    rates: Mapping[tuple[str, date], Decimal], old: str, new: str, max_age_days: int
) -> dict[tuple[str, date], Decimal]:
    """Turn rates in terms of one national currency into terms of another, each at its own date.

    Args:
        rates: by currency and day, in terms of `old`.
        old: the national currency so far, which gets rates by this.
        new: the national currency from now on, which has none afterwards.
        max_age_days: how old a rate of `new` may be to be crossed with.

    Returns:
        The new rates. Those with which no rate of `new` can be crossed are left out, and those that
        cannot be written.
    """
    pivot = {day: rate for (code, day), rate in rates.items() if code == new}
    turned = {(old, day): inverted(rate) for day, rate in pivot.items()}
    for (code, day), rate in rates.items():
        crossing = rate_for(pivot, day, Validity(day, max_age_days)) if code != new else None
        if crossing is not None:
            turned[code, day] = _written(cross_rate(rate, crossing))
    return {key: rate for key, rate in turned.items() if rate is not None}
