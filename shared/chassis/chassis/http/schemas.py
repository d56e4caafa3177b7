"""Base classes and strict field types of request and response bodies.

JSON has no dates and its numbers are not what they seem, so input is strict: unknown fields are
refused, an instant needs a zone, a date is never a number, and "5" is not 5.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
)
from pydantic_core import PydanticCustomError


class Input(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def given(self) -> dict[str, Any]:
        """Answer only the fields the caller sent, as Python values."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Output(BaseModel):
    """Base of response bodies; every field is always present."""

    model_config = ConfigDict(
        from_attributes=True, json_schema_serialization_defaults_required=True
    )


def _instant_text(value: object) -> object:
    if not isinstance(value, str | datetime):
        raise PydanticCustomError("instant_not_text", "write an instant as ISO 8601 text")
    return value


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("instant_out_of_range", "the instant is out of range") from None


def _day_text(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or len(value) != len("2026-01-31"):
        raise PydanticCustomError("date_not_text", "write a date as YYYY-MM-DD")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_instant_text), AfterValidator(_to_utc)]
"""An instant; input needs a zone, the value is in UTC."""

Day = Annotated[date, BeforeValidator(_day_text)]
"""A business date."""

Whole = Annotated[int, Field(strict=True)]
"""A whole number that was written as one."""

Flag = StrictBool
"""True or false, nothing that merely looks like it."""


class ProblemField(Output):
    """One wrong field, named by a JSON pointer or by its place and name."""

    field: str
    code: str
    message: str


class ProblemOut(Output):
    """What every failure answers (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemField] = Field(default_factory=list)
