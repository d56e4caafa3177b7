"""Amounts of lines, and figures of payments."""

from decimal import Decimal

import pytest

from deals.domain.amounts import line_amounts, payment_figures
from deals.domain.preferences import Preferences, preferences_from
from kernel.ids import uuid7


@pytest.mark.parametrize(
    ("quantity", "discount", "price", "total", "currency", "expected"),
    [
        ("3", "0", "9.99", None, "EUR", ("9.99", "29.97")),
        ("3", "10", "9.99", None, "EUR", ("9.99", "26.97")),
        ("0.125", "0", "0.333333", None, "EUR", ("0.333333", "0.04")),
        ("3", "0", "100.5", None, "JPY", ("100.5", "302")),
        ("3", "0", None, "10", "EUR", ("3.333333", "10")),
        ("2", "50", None, "10", "EUR", ("10", "10")),
        ("2", "100", None, "0", "EUR", ("0", "0")),
        ("2", "0", None, None, "EUR", ("0", "0")),
    ],
)
def test_price_and_total_are_computed_from_each_other(  # DEA-080
    *,
    quantity: str,
    discount: str,
    price: str | None,
    total: str | None,
    currency: str,
    expected: tuple[str, str],
) -> None:
    amounts = line_amounts(
        Decimal(quantity),
        Decimal(discount),
        currency,
        unit_price=None if price is None else Decimal(price),
        total=None if total is None else Decimal(total),
    )
    assert amounts
    assert (amounts.unit_price, amounts.total) == tuple(map(Decimal, expected))


@pytest.mark.parametrize(
    ("amount", "paid", "expected", "overpaid"),
    [(100, 30, 70, 0), (100, 100, 0, 0), (100, 130, 0, 30)],
)
def test_what_is_expected_never_falls_below_zero(
    amount: int, paid: int, expected: int, overpaid: int
) -> None:  # DEA-089
    figures = payment_figures(Decimal(amount), Decimal(paid), ())
    assert (figures.expected, figures.overpaid) == (Decimal(expected), Decimal(overpaid))
    assert not figures.incomplete
    assert payment_figures(Decimal(1), Decimal(0), ("USD",)).incomplete  # DEA-090


def test_stored_settings_win_over_the_defaults() -> None:
    pipeline = uuid7()
    stored = {"deals.default_pipeline": str(pipeline), "customers.create_on_won": False}
    expected = Preferences(default_pipeline=pipeline, create_customer_on_won=False)
    assert preferences_from(stored) == expected
    assert preferences_from({"deals.default_pipeline": None}) == Preferences()
