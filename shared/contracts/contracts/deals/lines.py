"""What deals says about the lines of a deal and about shipping them."""

import datetime as dt
from uuid import UUID

from contracts.event import Event
from contracts.vocabulary import Number
from kernel.money import Money


class OutputEvent(Event):
    """Base of a deal line's life; `discount` in percent."""

    deal_id: UUID
    output_id: UUID
    product_id: UUID | None = None
    text: str | None = None
    quantity: Number
    total: Money
    discount: Number


class OutputAdded(OutputEvent):
    """A line was added to a deal."""

    topic = "deals.output.added"


class OutputChanged(OutputEvent):
    """A line of a deal changed."""

    topic = "deals.output.changed"


class OutputRemoved(OutputEvent):
    """A line was taken off a deal."""

    topic = "deals.output.removed"


class ShipmentChanged(Event):
    """A ship date of a deal line changed, or the line was shipped."""

    topic = "deals.shipment.changed"
    key = "output_id"

    output_id: UUID
    deal_id: UUID
    contract_date: dt.date | None = None
    planned_date: dt.date | None = None
    actual_date: dt.date | None = None
    shipped: bool
    late: bool
