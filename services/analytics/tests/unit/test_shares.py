"""Shares and averages (ANA-014, ANA-021)."""

from decimal import Decimal

import pytest

from analytics.domain.figures import Figure, average, mean, mean_days, percent, total


@pytest.mark.parametrize(
    ("part", "whole", "digits", "share"),
    [
        (0, 0, 1, 0.0),
        (1, 3, 1, 33.3),
        (1, 3, 2, 33.33),
        (1, 16, 1, 6.3),
        (1, 1600, 2, 0.06),
        (2, 2, 1, 100.0),
    ],
)
def test_a_share_is_rounded_half_up_and_that_of_nothing_is_0(
    part: int, whole: int, digits: int, share: float
) -> None:
    assert percent(part, whole, digits) == share


def test_an_average_of_money_keeps_two_decimals_and_says_whether_it_is_whole() -> None:
    ten = Figure(Decimal("10.00"), "EUR", incomplete=True)
    assert average(ten, 3) == Figure(Decimal("3.33"), "EUR", incomplete=True)
    assert average(ten, 0) == Figure(Decimal("0.00"), "EUR", incomplete=True)


def test_a_total_is_incomplete_when_a_part_is() -> None:
    parts = [Figure(Decimal("1.10"), "EUR", incomplete=flag) for flag in (False, True)]
    assert total(parts, "EUR") == Figure(Decimal("2.20"), "EUR", incomplete=True)
    assert total([], None) == Figure(Decimal("0.00"), None, incomplete=False)


def test_an_average_of_no_days_is_none() -> None:
    assert mean_days(None) is None
    assert mean_days(Decimal("2.25")) == 2.3
    assert (mean(25, 12), mean(1, 0)) == (2.1, 0.0)
