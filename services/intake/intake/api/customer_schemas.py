"""Bodies of customers."""

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from chassis.http.schemas import Flag, Input
from intake.api.fields import Address, Assignment, Name100, Phone
from intake.api.records import AddressOut, OwnedOut
from intake.domain.preferences import PaymentTerms
from kernel.money import Amount, CurrencyCode
from kernel.text import Email, Line, Paragraphs

CustomerName = Annotated[str, Line(255)]
Status = Literal["active", "inactive", "blocked"]
HUNDREDTH = Decimal("0.01")


def _percent(value: Decimal) -> Decimal:
    if value > 100 or value % HUNDREDTH:  # noqa: PLR2004 - per cent
        raise PydanticCustomError("discount_invalid", "Input should be 0 to 100 with 2 decimals")
    return value


Percent = Annotated[Amount, AfterValidator(_percent)]


class TermsIn(Input):
    """On which terms a customer buys; what is not sent is the default, null is refused."""

    currency: CurrencyCode = ""
    price_list: Name100 | None = None
    payment_terms: PaymentTerms = "cod"
    credit_limit: Amount = Decimal(0)
    discount: Percent = Decimal(0)
    tax_exempt: Flag = False


class CustomerPatch(Assignment, TermsIn):
    """The fields of a customer that can be changed."""

    name: CustomerName = ""
    email: Email | None = None
    phone: Phone | None = None
    tax_number: Name100 | None = None
    registration_number: Name100 | None = None
    billing_address: Address | None = None
    delivery_address: Address | None = None
    notes: Annotated[str, Paragraphs(10_000)] | None = None
    status: Status = "active"

    def columns(self) -> dict[str, Any]:
        """Answer what was sent, addresses as JSON."""
        values = self.given()
        for name in ("billing_address", "delivery_address"):
            if values.get(name):
                values[name] = values[name].model_dump()
        return values


class CustomerIn(CustomerPatch):
    """A customer a user adds: of a company, of a contact, or of a new contact of that name."""

    name: CustomerName
    company_id: UUID | None = None
    contact_id: UUID | None = None


class Blacklisting(Input):
    """Why nobody should sell to a customer."""

    reason: Annotated[str, Line(500)]


class CustomerOut(OwnedOut):
    """A customer."""

    code: str
    name: str
    email: str | None
    phone: str | None
    phone_e164: str | None
    company_id: UUID | None
    company_name: str | None
    contact_id: UUID | None
    currency: str
    price_list: str | None
    payment_terms: PaymentTerms
    credit_limit: Amount
    discount: Amount
    tax_exempt: bool
    tax_number: str | None
    registration_number: str | None
    billing_address: AddressOut | None
    delivery_address: AddressOut | None
    notes: str | None
    status: Status
    blacklisted: bool
    blacklist_reason: str | None
