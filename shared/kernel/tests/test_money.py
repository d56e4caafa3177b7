import json
from decimal import Decimal
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kernel.currencies import DECIMALS, ENDED, UnknownCurrencyError, decimals
from kernel.money import (
    Amount,
    CurrencyCode,
    Money,
    NonNegativeMoney,
    Quantity,
    Rate,
    UnitPrice,
    round_half_even,
    round_half_up,
)


def euros(amount: object) -> Money:
    return Money.model_validate({"amount": amount, "currency": "EUR"})


def refusal(kind: Any, value: object) -> str:
    """Answer the stable type of the one error."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    (error,) = caught.value.errors()
    return error["type"]


@st.composite
def moneys(draw: st.DrawFn) -> Money:
    code = draw(st.sampled_from(sorted({*DECIMALS, *ENDED})))
    units = draw(st.integers(-(10**17), 10**17))
    return Money(amount=Decimal(units).scaleb(-decimals(code)), currency=code)


@given(moneys())
def test_money_survives_the_wire(money: Money) -> None:
    wire = money.model_dump_json()
    again = Money.model_validate_json(wire)
    assert again == money
    assert again.model_dump_json() == wire
    assert Money.model_validate(json.loads(wire)) == money


@given(moneys())
def test_money_is_written_with_exactly_its_currencys_decimals(money: Money) -> None:
    """GAT-006."""
    text = json.loads(money.model_dump_json())["amount"]
    assert len(text.partition(".")[2]) == decimals(money.currency)
    assert "E" not in text


@given(moneys(), st.integers(-(10**17), 10**17))
def test_adding_and_taking_away_again_changes_nothing(money: Money, units: int) -> None:
    other = Money(amount=Decimal(units).scaleb(-decimals(money.currency)), currency=money.currency)
    assert money + other - other == money
    assert money + Money.zero(money.currency) == money


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("1.5", "EUR", "1.50"),
        (100, "JPY", "100"),
        ("-2.5", "KWD", "-2.500"),
        ("-0.00", "EUR", "0.00"),
        ("-0", "JPY", "0"),
        ("9999999999999999.99", "EUR", "9999999999999999.99"),
        (Decimal("1.5000"), "EUR", "1.50"),
        (Decimal("1E+2"), "eur", "100.00"),
        ("0.0001", "CLF", "0.0001"),
    ],
)
def test_money_reads_strings_integers_and_database_decimals(
    amount: object, currency: str, written: str
) -> None:
    money = Money.model_validate({"amount": amount, "currency": currency})
    assert json.loads(money.model_dump_json()) == {
        "currency": currency.upper(),
        "amount": written,
    }


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        *[(bad, "number_invalid") for bad in (True, 1.5, 1e20, None, "", " 1", "+1", ".5", "5.")],
        *[(bad, "number_invalid") for bad in ("NaN", "sNaN", "Infinity", "1e20", "1e1000000")],
        *[(bad, "number_invalid") for bad in ("1,5", "٣", "1_0", "0x1", "1\n", b"1", [1])],
        *[(Decimal(bad), "number_invalid") for bad in ("NaN", "sNaN", "-Infinity")],
        *[(bad, "money_too_many_decimals") for bad in ("1.005", "1.500", Decimal("1.005"))],
        (Decimal("1e-1000000"), "money_too_many_decimals"),
        *[(bad, "money_out_of_range") for bad in ("10000000000000000.00", 10**16, -(10**4000))],
        (Decimal("1e1000000"), "money_out_of_range"),
    ],
)
def test_a_bad_amount_is_refused_quickly_and_never_rounded(amount: object, code: str) -> None:
    """Rows 14 to 17 of the bad-input list; GAT-006, DEA-020."""
    begun = perf_counter()
    with pytest.raises(ValidationError) as caught:
        euros(amount)
    assert perf_counter() - begun < 0.1
    (error,) = caught.value.errors(include_input=False)
    assert error["type"] == code
    assert error["loc"] == ("amount",)


def test_a_json_number_with_a_fraction_or_an_exponent_is_refused() -> None:
    for number in ("1.5", "1e20", "1e2"):
        with pytest.raises(ValidationError, match="number_invalid"):
            Money.model_validate_json(f'{{"amount": {number}, "currency": "EUR"}}')
    assert Money.model_validate_json('{"amount": 7, "currency": "EUR"}') == euros("7.00")


def test_yen_have_no_decimals() -> None:
    with pytest.raises(ValidationError, match="money_too_many_decimals"):
        Money.model_validate({"amount": "1.5", "currency": "JPY"})


@pytest.mark.parametrize("code", ["EURO", "XXX", "BTC", "", "EU", "€", "e\u0131r", " EUR"])
def test_an_unknown_currency_is_refused_and_the_amount_is_left_in_peace(code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Money.model_validate({"amount": "1.23456", "currency": code})
    (error,) = caught.value.errors()
    assert (error["type"], error["loc"]) == ("currency_unknown", ("currency",))


def test_money_has_no_other_members_and_does_not_change() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Money.model_validate({"amount": "1", "currency": "EUR", "rate": "2"})
    with pytest.raises(ValidationError, match="frozen"):
        euros("1").amount = Decimal(2)  # type: ignore[misc]  # the point of the test


def test_currencies_do_not_mix() -> None:
    yen = Money.zero("JPY")
    with pytest.raises(ValueError, match="JPY cannot be reckoned with EUR"):
        euros("1") + yen
    with pytest.raises(ValueError, match="JPY cannot be reckoned with EUR"):
        euros("1") - yen


def test_a_sum_over_eighteen_digits_is_an_error() -> None:
    with pytest.raises(ValueError, match="money_out_of_range"):
        euros("9999999999999999.99") + euros("0.01")


@pytest.mark.parametrize(
    ("amount", "rate", "to", "expected"),
    [
        ("0.05", "0.5", "USD", "0.02"),  # a tie goes to the even cent
        ("0.15", "0.5", "USD", "0.08"),
        ("10.00", "175.68", "JPY", "1757"),
        ("-0.01", "0.1", "USD", "0.00"),
        ("9999999999999999.99", "0.00000001", "USD", "100000000.00"),
    ],
)
def test_converting_rounds_half_even_to_the_target(
    amount: str, rate: str, to: str, expected: str
) -> None:
    """ANA-012."""
    converted = euros(amount).convert(Decimal(rate), to)
    assert converted.currency == to
    assert format(converted.amount, "f") == expected


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "sNaN", "Infinity"])
def test_a_rate_that_is_not_above_zero_converts_nothing(rate: str) -> None:
    with pytest.raises(ValueError, match="a rate is a number above 0"):
        euros("1").convert(Decimal(rate), "USD")


def test_converting_to_no_currency_is_an_error() -> None:
    with pytest.raises(UnknownCurrencyError):
        euros("1").convert(Decimal(2), "BTC")


def test_the_two_roundings_differ_in_ties() -> None:
    """ANA-012 and ANA-014."""
    assert [str(round_half_even(Decimal(x), 1)) for x in ("0.25", "0.35", "-0.25")] == [
        "0.2",
        "0.4",
        "-0.2",
    ]
    assert [str(round_half_up(Decimal(x), 1)) for x in ("0.25", "0.35", "-0.25")] == [
        "0.3",
        "0.4",
        "-0.3",
    ]


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (Amount, "12.50", "12.5"),
        (Amount, "-0", "0"),
        (UnitPrice, "0.000001", "0.000001"),
        (Rate, Decimal("1.11720000"), "1.1172"),
        (Quantity, 1000, "1000"),
        (Quantity, "2.500", "2.5"),
    ],
)
def test_a_number_is_written_plainly(kind: Any, value: object, written: str) -> None:
    """DEA-080, DEA-100, GAT-006."""
    adapter = TypeAdapter[Decimal](kind)
    assert adapter.dump_python(adapter.validate_python(value), mode="json") == written


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (Amount, "-0.01", "money_negative"),
        (Amount, "0.00001", "money_too_many_decimals"),
        (Amount, "1" * 19, "money_out_of_range"),
        (UnitPrice, "0.0000001", "money_too_many_decimals"),
        (UnitPrice, "-1", "money_negative"),
        (Rate, "0", "number_not_positive"),
        (Rate, "0.000000001", "number_too_many_decimals"),
        (Quantity, "0.000", "number_not_positive"),
        (Quantity, "1.0001", "number_too_many_decimals"),
        (Quantity, 1.5, "number_invalid"),
        (Quantity, 10**18, "number_out_of_range"),
        (NonNegativeMoney, {"amount": "-0.01", "currency": "EUR"}, "money_negative"),
        (CurrencyCode, 978, "string_type"),
    ],
)
def test_a_number_out_of_bounds_is_refused_with_a_stable_type(
    kind: Any, value: object, code: str
) -> None:
    """Row 16 of the bad-input list; DEA-020, DEA-080, DEA-082, DEA-100."""
    assert refusal(kind, value) == code


def test_money_of_nought_is_not_negative() -> None:
    nought = TypeAdapter[Money](NonNegativeMoney).validate_python(Money.zero("EUR"))
    assert nought == Money.zero("EUR")


def test_the_schema_says_that_amounts_are_strings() -> None:
    properties = Money.model_json_schema()["properties"]
    assert properties["amount"]["type"] == "string"
    assert properties["currency"]["pattern"] == "^[A-Z]{3}$"
