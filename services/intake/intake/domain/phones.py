"""Telephone numbers as people write them, and the one spelling by which they are compared."""

from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

from intake.domain.index_keys import digits_of, index_key

LEAST_DIGITS: Final = 7


def has_enough_digits(phone: str) -> bool:
    """Answer whether this can be a telephone number at all (INT-008)."""
    return len(digits_of(phone)) >= LEAST_DIGITS


def to_e164(phone: str | None, country: str | None) -> str | None:
    """Answer a valid number in the form +4930123456; `country` reads one without its prefix."""
    number = _parse(phone, country)
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def phone_key(phone: str | None, country: str | None) -> str | None:
    """Answer the key of a number: E.164 where it can be read, else its digits (INT-024)."""
    if not phone or not has_enough_digits(phone):
        return None
    number = _parse(phone, country)
    if number is not None and phonenumbers.is_possible_number(number):
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return index_key(digits_of(phone))


@lru_cache(maxsize=1024)
def _parse(phone: str | None, country: str | None) -> PhoneNumber | None:
    region = country if country in phonenumbers.SUPPORTED_REGIONS else None
    try:
        return phonenumbers.parse(phone or "", region)
    except phonenumbers.NumberParseException:
        return None
