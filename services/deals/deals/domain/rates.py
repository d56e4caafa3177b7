"""Dated rates: which one holds on a day, and how currencies convert through the national one.

A rate is units of the national currency for one unit of a currency, with 8 decimals (DEA-100). One
unit of a currency worth less than 0.0001 of the national one thus has fewer than five significant
digits; of 1,000,000 such units no more than half of 0.01 national units is lost by rounding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

RATE_DECIMALS = 8
SMALLEST_RATE = Decimal(1).scaleb(-RATE_DECIMALS)
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
    day = min(day, validity.today)
    lookback = (day - timedelta(days=age) for age in range(validity.max_age_days + 1))
    newest = next((known for known in lookback if known in rates), None)
    return None if newest is None else rates[newest]


def cross_rate(source: Decimal, target: Decimal) -> Decimal:
    """Answer how many units of the target one unit of the source is worth, by national rates."""
    return _PRECISE.divide(source, target)


def inverted(units: Decimal) -> Decimal | None:
    """Turn "units of the currency for one national unit" into a rate, half-even at 8 decimals.

    Returns:
        Nothing when the rate is too small to be written with 8 decimals.
    """
    rate = _PRECISE.divide(Decimal(1), units).quantize(SMALLEST_RATE, ROUND_HALF_EVEN, _PRECISE)
    return rate or None


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
        The new rates. Those with which no rate of `new` can be crossed are left out.
    """
    pivot = {day: rate for (code, day), rate in rates.items() if code == new}
    turned = {(old, day): inverted(rate) for day, rate in pivot.items()}
    for (code, day), rate in rates.items():
        crossing = rate_for(pivot, day, Validity(day, max_age_days)) if code != new else None
        if crossing is not None:
            crossed = cross_rate(rate, crossing)
            turned[code, day] = crossed.quantize(SMALLEST_RATE, ROUND_HALF_EVEN, _PRECISE) or None
    return {key: rate for key, rate in turned.items() if rate is not None}
