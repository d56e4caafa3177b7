"""Changes the lines of deals (DEA-080, DEA-082)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from deals import events
from deals.commands.changes import appeared, changed_since, new, say, stamp, values_of
from deals.domain.amounts import line_amounts
from deals.models import Deal, Output, Product
from deals.queries.products import find_product
from deals.queries.references import check_references
from kernel import clock
from kernel.errors import invalid

FIELDS = (
    "product_id",
    "text",
    "quantity",
    "unit_price",
    "total",
    "discount",
    "contract_ship_date",
    "planned_ship_date",
    "actual_ship_date",
    "serial_number",
)
DEFAULTS: dict[str, Any] = {**dict.fromkeys(FIELDS), "discount": Decimal(0)}


async def add_output(session: AsyncSession, deal: Deal, values: Mapping[str, Any]) -> Output:
    """Add a line to a locked deal; without a price the product's list price is taken.

    Raises:
        Invalid: neither product nor text, an unknown product or currency, price and total.
    """
    line = {**DEFAULTS, "currency": None, **values}
    product = await _check_product(session, line)
    if product is not None and line["unit_price"] is None and line["total"] is None:
        line["unit_price"], line["currency"] = product.price, product.currency
    await _complete(session, line, deal)
    return _add(session, deal, line)


def add_product_line(session: AsyncSession, deal: Deal, product: Product) -> Output:
    """Add one piece of a product at its list price, whether or not it is on sale."""
    price, currency = product.price, product.currency or deal.currency
    quantity = Decimal(1)
    amounts = line_amounts(quantity, DEFAULTS["discount"], currency, unit_price=price)
    line = {**DEFAULTS, "product_id": product.id, "quantity": quantity, "currency": currency}
    line |= {"unit_price": amounts.unit_price, "total": amounts.total}
    return _add(session, deal, line)


async def update_output(
    session: AsyncSession, deal: Deal, output: Output, given: Mapping[str, Any]
) -> None:
    """Edit a line; what was not given of price and total is computed again."""
    line = {name: getattr(output, name) for name in (*FIELDS, "currency")} | dict(given)
    if given.keys() & {"quantity", "discount", "unit_price", "total", "currency"}:
        if "unit_price" not in given and "total" in given:
            line["unit_price"] = None
        elif "total" not in given:
            line["total"] = None
        await _complete(session, line, deal)
    if given.keys() & {"product_id", "text"}:
        await _check_product(session, line)
    before = values_of(output, FIELDS)
    for name, value in line.items():
        setattr(output, name, value)
    changes = changed_since(before, output)
    if changes:
        stamp(session, output)
        say(session, output, events.output_changed(output))
        _audit(session, output, "line_changed", changes)


def remove_output(session: AsyncSession, output: Output) -> None:
    """Take a line off its deal."""
    output.deleted_at = clock.now()
    stamp(session, output)
    say(session, output, events.output_removed(output))
    gone = {name: (value, None) for name, value in values_of(output, FIELDS).items()}
    _audit(session, output, "line_removed", gone)


def _add(session: AsyncSession, deal: Deal, line: Mapping[str, Any]) -> Output:
    output = new(session, Output, deal_id=deal.id, **line)
    say(session, output, events.output_added(output))
    _audit(session, output, "line_added", appeared(output, FIELDS))
    return output


async def _complete(session: AsyncSession, line: dict[str, Any], deal: Deal) -> None:
    """Fill in currency, unit price and total."""
    if line["unit_price"] is not None and line["total"] is not None:
        raise invalid("total", "give the unit price or the total, not both", "total_and_price")
    line["currency"] = line["currency"] or deal.currency
    await check_references(session, {"currency": line["currency"]})
    amounts = line_amounts(
        line["quantity"],
        line["discount"],
        line["currency"],
        unit_price=line["unit_price"],
        total=line["total"],
    )
    line["unit_price"], line["total"] = amounts.unit_price, amounts.total


async def _check_product(session: AsyncSession, line: Mapping[str, Any]) -> Product | None:
    if line["product_id"] is None:
        if not line["text"]:
            raise invalid("product_id", "a line needs a product or a text", "required")
        return None
    product = await find_product(session, line["product_id"])
    if product is None:
        raise invalid("product_id", "is not among the products on sale", "unknown")
    return product


def _audit(session: AsyncSession, output: Output, action: str, changes: Any) -> None:
    """Note a line's change in the timeline of its deal."""
    noted = {"line": (None, str(output.id)), **changes}
    audit.record(session, "deal", output.deal_id, action, noted)
