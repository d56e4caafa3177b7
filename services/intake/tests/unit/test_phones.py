"""Telephone numbers (INT-008, INT-024; bad-input list line 60)."""

import pytest

from intake.domain.phones import has_enough_digits, phone_key, to_e164


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("+49 30 1234567", None),
        ("0049 30 1234567", "DE"),
        ("030 1234567", "DE"),
        ("(030) 123-45-67", "DE"),
        ("+49 (0)30 1234567", None),
        ("٠٣٠ ١٢٣٤٥٦٧", "DE"),
    ],
)
def test_spellings_of_one_number_have_one_key(phone: str, country: str | None) -> None:
    assert phone_key(phone, country) == "+49301234567"
    assert to_e164(phone, country) == "+49301234567"


def test_a_number_that_cannot_be_read_is_kept_by_its_digits() -> None:
    assert to_e164("030 1234567", None) is None
    assert phone_key("030 1234567", None) == "0301234567"
    assert phone_key("030/1234567", "Germany") == "0301234567"
    assert to_e164("+1 555 0100 123 4567 89", None) is None


@pytest.mark.parametrize("phone", ["", "123 456", "call me", "+", "++++++++", "one two three"])
def test_fewer_than_seven_digits_never_match(phone: str) -> None:
    assert not has_enough_digits(phone)
    assert phone_key(phone, "DE") is None


def test_absurd_numbers_do_not_fail() -> None:
    for phone in ("9" * 200, "+" + "1" * 40, "+7 (999) 123-45-67 доб. 12", "1-800-FLOWERS-99999"):
        assert phone_key(phone, "DE")
        to_e164(phone, "DE")
