"""The terms on which a customer buys (INT-155, INT-157)."""

from collections.abc import Mapping
from typing import Any, Final

from intake.domain.preferences import Preferences
from kernel.currencies import decimals
from kernel.errors import invalid
from kernel.money import round_half_even

TERMS: Final = frozenset(
    {"currency", "price_list", "payment_terms", "credit_limit", "discount", "tax_exempt"}
)
"""What only the right `change_terms` may change."""


def default_terms(preferences: Preferences) -> dict[str, Any]:
    """Answer the terms of a customer of whom nothing else is said."""
    return {
        "currency": preferences.customers_default_currency,
        "price_list": preferences.customers_default_price_list,
        "payment_terms": preferences.customers_default_terms,
        "credit_limit": preferences.customers_default_credit_limit,
    }


def check_terms(given: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Refuse a credit limit with more decimals than its currency has (GAT-006).

    What is not given is kept: another currency may make the kept limit a wrong one.

    Raises:
        Invalid: the credit limit and the currency do not go together.
    """
    if not {"currency", "credit_limit"} & given.keys():
        return
    terms = {**kept, **given}
    places = decimals(terms["currency"])
    if terms["credit_limit"] != round_half_even(terms["credit_limit"], places):
        message = f"should have at most {places} decimals in {terms['currency']}"
        raise invalid("credit_limit", message, "money_too_many_decimals")
