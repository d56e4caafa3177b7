"""What a company can set about intake, with the values it is shipped with (INT-195 to INT-197)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

PaymentTerms = Literal["cod", "net15", "net30", "net60", "net90", "prepaid"]


class Preferences(BaseModel):
    """The settings of intake; `leads.default_status` is the field `leads_default_status`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    requests_spawn_lead_on: Literal["save", "validation"] = "save"
    leads_default_status: UUID | None = None
    leads_default_source: UUID | None = None
    leads_auto_create_contact: bool = True
    leads_carry_communications: bool = True
    customers_default_currency: str = "EUR"
    customers_default_terms: PaymentTerms = "cod"
    customers_default_credit_limit: Decimal = Decimal(1000)
    customers_default_price_list: str | None = None
    customers_create_on_won: bool = True


def overlaid(rows: Iterable[tuple[str, Any]]) -> Preferences:
    """Answer the shipped values overlaid with stored ones, by key as in `leads.default_status`."""
    return Preferences.model_validate({key.replace(".", "_", 1): value for key, value in rows})
