"""Field types that several bodies of intake have in common."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chassis.http.schemas import Input
from intake.domain.person_names import is_only_title
from intake.domain.phones import LEAST_DIGITS, has_enough_digits
from intake.domain.web_addresses import host_of
from kernel.text import Email, Line

NOTHING = UUID(int=0)
"""Stands for a field that was not sent where null would not be welcome."""


def _phone(text: str) -> str:
    if not has_enough_digits(text):
        raise PydanticCustomError(
            "phone_too_short", "A phone has at least {digits} digits", {"digits": LEAST_DIGITS}
        )
    return text


def _website(text: str) -> str:
    if host_of(text) is None:
        raise PydanticCustomError("website_invalid", "Input should be an address of a web site")
    return text


def _country(text: str) -> str:
    return text.upper() if len(text) == len("DE") and text.isascii() else text


def _first_name(text: str) -> str:
    if is_only_title(text):
        raise PydanticCustomError("name_is_title", "A title alone is no first name")
    return text


AsPhone = AfterValidator(_phone)
AsWebsite = AfterValidator(_website)
AsCountry = AfterValidator(_country)
AsFirstName = AfterValidator(_first_name)

FirstName = Annotated[str, Line(100), AsFirstName]
Name100 = Annotated[str, Line(100)]
Phone = Annotated[str, Line(50), AsPhone]
Website = Annotated[str, Line(255), AsWebsite]
Country = Annotated[str, Line(100), AsCountry]
Emails = Annotated[list[Email], Field(max_length=20)]
Phones = Annotated[list[Phone], Field(max_length=20)]


class Address(Input):
    """A postal address."""

    street: Annotated[str, Line(255)] | None = None
    city: Name100 | None = None
    state: Name100 | None = None
    postal_code: Annotated[str, Line(20)] | None = None
    country: Country | None = None


class Assignment(Input):
    """Who gets a record; the department is the owner's unless given."""

    owner_id: UUID | None = None
    co_owner_id: UUID | None = None
    department_id: UUID | None = None
