"""What deals says about payments, currencies and their rates."""

import datetime as dt
from typing import Any
from uuid import UUID

from pydantic import Field

from contracts.event import Event
from contracts.vocabulary import Number, Part, natural_id
from kernel.money import Money


class PaymentRecorded(Event):
    """A payment of a deal was received or is expected."""

    topic = "deals.payment.recorded"

    payment_id: UUID
    deal_id: UUID
    customer_id: UUID | None = None
    amount: Money
    date: dt.date
    status: str
    rate: Number | None = None
    rate_kind: str | None = None
    contract_no: str | None = None
    invoice_no: str | None = None
    order_no: str | None = None
    via_representation: bool


class PaymentState(Part):
    """What a payment said at one moment."""

    status: str
    amount: Money
    date: dt.date


class PaymentRevision(Event):
    """Base of later changes of a payment; `new` is absent once it is removed."""

    payment_id: UUID
    deal_id: UUID
    old: PaymentState
    new: PaymentState | None = None


class PaymentChanged(PaymentRevision):
    """The state, amount or date of a payment changed."""

    topic = "deals.payment.changed"


class PaymentDeleted(PaymentRevision):
    """A payment was removed."""

    topic = "deals.payment.deleted"


class CurrencyEvent(Event):
    """Base of currencies and their dated rates; `rate` in national currency for one unit."""

    code: str
    national: bool | None = None
    reporting: bool | None = None
    date: dt.date | None = None
    rate: Number | None = None
    kind: str | None = None


def _currency_id(data: dict[str, Any]) -> UUID:
    return natural_id("currency", data["code"])


def _rate_id(data: dict[str, Any]) -> UUID:
    return natural_id("rate", f"{data['code']}/{data['date']}")


class CurrencyChanged(CurrencyEvent):
    """A currency was added or changed, or became the national or the reporting one."""

    topic = "deals.currency.changed"

    currency_id: UUID = Field(default_factory=_currency_id)


class RateRecorded(CurrencyEvent):
    """The rate of a currency on a date was entered or loaded."""

    topic = "deals.rate.recorded"

    date: dt.date
    rate: Number
    rate_id: UUID = Field(default_factory=_rate_id)
