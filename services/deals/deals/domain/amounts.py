"""Amounts of deal lines and the figures of a deal's payments."""

from dataclasses import dataclass
from decimal import Decimal

from kernel.currencies import decimals
from kernel.money import DIGITS, Money, round_half_even

UNIT_PRICE_DECIMALS = 6
ZERO = Decimal(0)


@dataclass(frozen=True)
class LineAmounts:
    """What a line costs: `total` is quantity x unit price less the discount."""

    unit_price: Decimal
    total: Decimal


def line_amounts(
    quantity: Decimal,
    discount: Decimal,
    currency: str,
    *,
    unit_price: Decimal | None = None,
    total: Decimal | None = None,
) -> LineAmounts | None:
    """Compute the unit price from the total or the reverse; a price given wins (DEA-080).

    Args:
        quantity: more than 0.
        discount: percent, below 100 when only the total is known.
        currency: decides the decimals of the total.
        unit_price: of one piece before the discount.
        total: of the line after the discount.

    Returns:
        Nothing when what is computed has more digits than an amount may have.
    """
    share = (100 - discount) / 100
    if unit_price is not None:
        computed = round_half_even(quantity * unit_price * share, decimals(currency))
        return LineAmounts(unit_price, computed) if _fits(computed) else None
    if total is None:
        return LineAmounts(ZERO, ZERO)
    exact = total / (quantity * share) if share else ZERO
    computed = round_half_even(exact, UNIT_PRICE_DECIMALS)
    return LineAmounts(computed, total) if _fits(computed) else None


def _fits(amount: Decimal) -> bool:
    return len(amount.as_tuple().digits) <= DIGITS


def summed(amount: Decimal, currency: str) -> Money:
    """Answer a sum as money, which may have more digits than any single amount."""
    rounded = round_half_even(amount, decimals(currency))
    return Money.model_construct(currency=currency, amount=rounded)


@dataclass(frozen=True)
class PaymentFigures:
    """What came in for a deal, and what is still to come; `incomplete` while a rate is missing."""

    paid: Decimal
    expected: Decimal
    overpaid: Decimal
    missing_rates: tuple[str, ...]

    @property
    def incomplete(self) -> bool:
        """Answer whether some payment could not be converted."""
        return bool(self.missing_rates)


def payment_figures(
    amount: Decimal, paid: Decimal, missing_rates: tuple[str, ...]
) -> PaymentFigures:
    """Compare what was paid with what the deal is worth (DEA-089); never rate 1 (DEA-090)."""
    return PaymentFigures(
        paid=paid,
        expected=max(ZERO, amount - paid),
        overpaid=max(ZERO, paid - amount),
        missing_rates=missing_rates,
    )
