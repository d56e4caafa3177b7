"""Periods and presets (ANA-010, ANA-011)."""

from datetime import date

import pytest

from analytics.domain.periods import Period, Preset, last_days, last_months, preset, shift_months

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-11-20", "2026-11-20"),
        ("yesterday", "2026-11-19", "2026-11-19"),
        ("week", "2026-11-16", "2026-11-22"),
        ("last_week", "2026-11-09", "2026-11-15"),
        ("month", "2026-11-01", "2026-11-30"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("quarter", "2026-10-01", "2026-12-31"),
        ("last_quarter", "2026-07-01", "2026-09-30"),
        ("half_year", "2026-07-01", "2026-12-31"),
        ("last_half_year", "2026-01-01", "2026-06-30"),
        ("nine_months", "2026-01-01", "2026-09-30"),
        ("last_nine_months", "2025-01-01", "2025-09-30"),
        ("year", "2026-01-01", "2026-12-31"),
        ("last_year", "2025-01-01", "2025-12-31"),
    ],
)
def test_a_preset_means_a_calendar_period_around_today(name: Preset, first: str, last: str) -> None:
    expected = Period(date.fromisoformat(first), date.fromisoformat(last))
    assert preset(name, FRIDAY) == expected


def test_a_preset_at_the_edge_of_a_year_does_not_slip() -> None:
    new_year = date(2027, 1, 1)
    assert preset("last_month", new_year) == Period(date(2026, 12, 1), date(2026, 12, 31))
    assert preset("last_quarter", new_year) == Period(date(2026, 10, 1), date(2026, 12, 31))
    assert preset("last_week", new_year) == Period(date(2026, 12, 21), date(2026, 12, 27))


def test_the_window_is_this_month_up_to_today_and_the_eleven_before() -> None:
    window = last_months(12, FRIDAY)
    assert window == Period(date(2025, 12, 1), FRIDAY)
    months = window.months()
    assert (months[0], months[-1], len(months)) == (date(2025, 12, 1), date(2026, 11, 1), 12)


def test_so_many_last_days_end_today() -> None:
    assert last_days(180, FRIDAY) == Period(date(2026, 5, 25), FRIDAY)
    assert last_days(1, FRIDAY) == Period(FRIDAY, FRIDAY)


def test_months_are_shifted_over_years_in_both_directions() -> None:
    assert shift_months(date(2026, 1, 31), -1) == date(2025, 12, 1)
    assert shift_months(date(2025, 12, 31), 14) == date(2027, 2, 1)
