"""Field types that several bodies of deals share."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AliasChoices, ConfigDict, Field, PlainSerializer

from chassis.http.schemas import Output, Whole
from kernel.money import CurrencyCode, UnitPrice


def unsent(aliases: AliasChoices | None = None) -> Any:
    """Make the default of a field that may be left out but, its type says, not be sent empty."""
    return Field(default=None, validation_alias=aliases, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


Percent = Annotated[Whole, Field(ge=0, le=100)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", examples=["#4c6ef5"])]
Position = Annotated[Whole, Field(ge=1, le=10_000)]
Plain = Annotated[Decimal, PlainSerializer(lambda n: format(n.normalize(), "f"), return_type=str)]


class Named(Output):
    """Another record, by id and name; the name is empty until it is known here."""

    id: UUID
    name: str


def named(id_: UUID | None, name: str | None) -> dict[str, Any] | None:
    """Answer a reference for output, if there is one."""
    return None if id_ is None else {"id": id_, "name": name or ""}


class Price(Output):
    """The price of one piece, with up to 6 decimals."""

    model_config = ConfigDict(extra="forbid")

    amount: UnitPrice
    currency: CurrencyCode
