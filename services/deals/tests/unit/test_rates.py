"""Dated rates: which one holds, crossing, inverting, re-basing, and the bank's files."""

from datetime import date
from decimal import Decimal

import pytest

from deals.domain.rate_file import UnreadableRatesError, national_rates, read_rates
from deals.domain.rates import Validity, inverted, rate_for, rebased

FRIDAY, SUNDAY = date(2026, 10, 30), date(2026, 11, 1)
RATES = {date(2026, 10, 29): Decimal("0.9"), FRIDAY: Decimal("0.8")}


@pytest.mark.parametrize(
    ("day", "today", "expected"),
    [
        (FRIDAY, SUNDAY, "0.8"),
        (SUNDAY, SUNDAY, "0.8"),  # the weekend has Friday's rate
        (date(2026, 10, 29), SUNDAY, "0.9"),
        (date(2026, 10, 28), SUNDAY, None),  # before the first one
        (date(2026, 11, 9), date(2026, 12, 1), "0.8"),  # ten days old
        (date(2026, 11, 10), date(2026, 12, 1), None),  # too old
        (date(2030, 1, 1), SUNDAY, "0.8"),  # the future has today's
        (date.min, SUNDAY, None),
    ],
)
def test_the_newest_rate_on_or_before_the_day_holds(
    day: date, today: date, expected: str | None
) -> None:  # DEA-102
    found = rate_for(RATES, day, Validity(today, 10))
    assert found == (None if expected is None else Decimal(expected))


def test_a_quote_per_euro_becomes_a_rate_with_eight_decimals() -> None:  # DEA-100
    assert inverted(Decimal("1.1172")) == Decimal("0.89509488")
    assert inverted(Decimal("20275.17")) == Decimal("0.00004932")
    assert inverted(Decimal(10) ** 9) is None
    assert inverted(Decimal(10) ** -10) is None  # over 18 digits


def test_a_new_national_currency_turns_every_rate_at_its_own_date() -> None:  # DEA-099
    rates = {
        ("USD", FRIDAY): Decimal("0.8"),
        ("GBP", FRIDAY): Decimal("1.2"),
        ("GBP", SUNDAY): Decimal("1.6"),
        ("GBP", date(2020, 1, 1)): Decimal("1.1"),
    }
    assert rebased(rates, "EUR", "USD", 10) == {
        ("EUR", FRIDAY): Decimal("1.25"),
        ("GBP", FRIDAY): Decimal("1.5"),
        ("GBP", SUNDAY): Decimal(2),
    }


HISTORY = "Date,USD,JPY,CYP,\n2026-10-30,1.1172,175.68,N/A,\n2026-10-29,1.113,175.92,N/A,\n"
DAILY = "Date, USD, JPY, \n30 October 2026, 1.1172, 175.68, \n"


def test_both_layouts_of_the_bank_say_the_same() -> None:
    history = [quote for quote in read_rates(HISTORY) if quote.day == FRIDAY]
    assert history == list(read_rates(DAILY))
    assert [(quote.code, quote.units) for quote in history] == [
        ("USD", Decimal("1.1172")),
        ("JPY", Decimal("175.68")),
    ]


def test_rates_of_another_national_currency_are_crossed_through_the_euro() -> None:
    rates = national_rates(read_rates(DAILY), "USD")
    assert rates == {
        ("EUR", FRIDAY): Decimal("1.1172"),
        ("JPY", FRIDAY): Decimal("0.00635929"),
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "line 1"),
        ("Day,USD\n", "line 1"),
        ("Date,ZZZ\n", "line 1"),
        ("Date,USD\nyesterday,1\n", "line 2"),
        ("Date,USD\n2026-10-30,abc\n", "line 2"),
        ("Date,USD\n2026-10-30,-1\n", "line 2"),
        ("Date,USD\n2026-10-30,NaN\n", "line 2"),
        ("Date,USD\n2026-10-30,1e99\n", "line 2"),
        ("Date,USD\n2026-02-30,1\n", "line 2"),
    ],
)
def test_what_is_not_the_banks_file_is_refused_with_its_line(text: str, line: str) -> None:
    with pytest.raises(UnreadableRatesError, match=line):
        list(read_rates(text))
