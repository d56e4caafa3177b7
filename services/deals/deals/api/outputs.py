"""Lines of deals."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.schemas import Day, Input, Output
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from deals.api.answers import page_of, point_to
from deals.api.callers import OutputsAdder, OutputsChanger, OutputsReader, OutputsRemover
from deals.api.deleted_records import DeletedOutputs, OutputToRestore
from deals.api.fields import Plain, Price, unsent
from deals.commands.outputs import add_output, remove_output, restore_output, update_output
from deals.domain.shipping import ShipmentStatus, shipment_status
from deals.models import Output as Line_
from deals.queries.deals import get_deal, lock_deal
from deals.queries.parts import get_part, lock_part, visible_parts
from kernel import clock
from kernel.money import Amount, Money, NonNegativeMoney, Quantity
from kernel.pages import Page
from kernel.text import Line

router = APIRouter(tags=["outputs"], route_class=Route)
ORDER = Order({"created_at": Line_.created_at}, "created_at", Line_.id)


def _two_decimals(discount: Decimal) -> Decimal:
    if discount != round(discount, 2):
        raise PydanticCustomError("discount_decimals", "Input should have at most 2 decimals")
    return discount


Discount = Annotated[Amount, Field(le=Decimal(100)), AfterValidator(_two_decimals)]
Text = Annotated[str, Line(1000)]
Serial = Annotated[str, Line(100)]


class OutputFields(Input):
    """What a line may say beside its quantity; of price and total the other one is computed."""

    product_id: UUID | None = None
    text: Text | None = None
    unit_price: Price = unsent()
    total: NonNegativeMoney = unsent()
    discount: Discount = unsent()
    contract_ship_date: Day | None = None
    planned_ship_date: Day | None = None
    actual_ship_date: Day | None = None
    serial_number: Serial | None = None

    def columns(self) -> dict[str, Any]:
        """Answer what was sent, by column."""
        values = self.given()
        for name in ("unit_price", "total"):
            if name in values:
                money: Price | Money = values[name]
                values |= {name: money.amount, "currency": money.currency}
        return values


class OutputIn(OutputFields):
    """A new line; without a price the product's list price is taken."""

    quantity: Quantity


class OutputPatch(OutputFields):
    """What may change of a line."""

    quantity: Quantity = unsent()


class OutputOut(Output):
    """A line of a deal; `total` is after the discount."""

    id: UUID
    version: int
    deal_id: UUID
    product_id: UUID | None
    text: str | None
    quantity: Plain
    unit_price: Price
    total: Money
    discount: Plain
    contract_ship_date: Day | None
    planned_ship_date: Day | None
    actual_ship_date: Day | None
    serial_number: str | None
    is_shipped: bool
    shipment_status: ShipmentStatus


@router.get("/deals/{deal_id}/outputs")
async def list_outputs(
    deal_id: UUID,
    session: ReadSession,
    caller: OutputsReader,
    paging: Paging,
    deleted: DeletedOutputs,
) -> Page[OutputOut]:
    """List the lines of a deal in the order they were added."""
    await get_deal(session, deal_id, caller)
    query = visible_parts(Line_, caller, deleted=deleted).where(Line_.deal_id == deal_id)
    page = await fetch_page(session, query, ORDER, paging)
    return page_of(page, _shown)


@router.post("/deals/{deal_id}/outputs", status_code=201)
async def create(
    deal_id: UUID,
    body: OutputIn,
    response: Response,
    session: WriteSession,
    caller: OutputsAdder,
) -> OutputOut:
    """Add a line to a deal."""
    deal = await lock_deal(session, deal_id, caller)
    caller.require("deals.output.add", deal)
    output = await add_output(session, deal, body.columns())
    point_to(response, f"outputs/{output.id}", output)
    return _shown(output)


@router.get("/outputs/{output_id}")
async def read(
    output_id: UUID, response: Response, session: ReadSession, caller: OutputsReader
) -> OutputOut:
    """Read a line."""
    output = await get_part(session, Line_, output_id, caller)
    tag(response, output.version)
    return _shown(output)


@router.patch("/outputs/{output_id}")
async def update(
    output_id: UUID,
    body: OutputPatch,
    *,
    response: Response,
    session: WriteSession,
    caller: OutputsChanger,
    if_match: IfMatch,
) -> OutputOut:
    """Edit a line; what was not given of price and total is computed again."""
    deal, output = await lock_part(session, Line_, output_id, caller)
    expect_version(output.version, if_match)
    caller.require("deals.output.change", deal)
    await update_output(session, output, body.columns())
    tag(response, output.version)
    return _shown(output)


@router.delete("/outputs/{output_id}", status_code=204)
async def delete(
    output_id: UUID, session: WriteSession, caller: OutputsRemover, if_match: IfMatch
) -> Response:
    """Take a line off its deal."""
    deal, output = await lock_part(session, Line_, output_id, caller)
    expect_version(output.version, if_match)
    caller.require("deals.output.delete", deal)
    remove_output(session, output)
    return Response(status_code=204)


@router.post("/outputs/{output_id}/restore")  # noqa: FAST003 - taken by OutputToRestore
async def restore(output: OutputToRestore, response: Response, session: WriteSession) -> OutputOut:
    """Bring a deleted line of a deal back. For administrators."""
    await restore_output(session, output)
    tag(response, output.version)
    return _shown(output)


def _shown(output: Line_) -> OutputOut:
    return OutputOut(
        id=output.id,
        version=output.version,
        deal_id=output.deal_id,
        product_id=output.product_id,
        text=output.text,
        quantity=output.quantity,
        unit_price=Price(amount=output.unit_price, currency=output.currency),
        total=Money(amount=output.total, currency=output.currency),
        discount=output.discount,
        contract_ship_date=output.contract_ship_date,
        planned_ship_date=output.planned_ship_date,
        actual_ship_date=output.actual_ship_date,
        serial_number=output.serial_number,
        is_shipped=output.actual_ship_date is not None,
        shipment_status=shipment_status(
            output.contract_ship_date,
            output.planned_ship_date,
            output.actual_ship_date,
            clock.today(),
        ),
    )
