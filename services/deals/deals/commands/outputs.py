"""Changes the lines of deals (DEA-080, DEA-082)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from deals import events
from deals.commands.changes import (
    appeared,
    bury,
    changed_since,
    disappeared,
    new,
    revive,
    say,
    stamp,
    values_of,
)
from deals.domain.amounts import line_amounts
from deals.models import Deal, Output, Product
from deals.queries.parts import living_deal_of
from deals.queries.products import find_product
from deals.queries.references import check_references
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
ALL = Decimal(100)
"""Percent."""
DEFAULTS: dict[str, Any] = {**dict.fromkeys(FIELDS), "discount": Decimal(0)}


async def add_output(session: AsyncSession, deal: Deal, values: Mapping[str, Any]) -> Output:
    """Add a line to a locked deal; without a price the product's list price is taken.

    Raises:
        Invalid: neither product nor text, an unknown product or currency, price and total.
    """
    line = {**DEFAULTS, "currency": None, **values}
    _refuse_nothing(line)
    product = line["product_id"] and await _offered_product(session, line["product_id"])
    if product and line["unit_price"] is None and line["total"] is None:
        line["unit_price"], line["currency"] = product.price, product.currency
    line["currency"] = line["currency"] or deal.currency
    await check_references(session, {"currency": line["currency"]})
    _reckon(line)
    return _add(session, deal, line)


def add_product_line(session: AsyncSession, deal: Deal, product: Product) -> Output:
    """Add one piece of a product at its list price, whether or not it is on sale."""
    line = {
        **DEFAULTS,
        "product_id": product.id,
        "quantity": Decimal(1),
        "unit_price": product.price,
        "currency": product.currency or deal.currency,
    }
    _reckon(line)
    return _add(session, deal, line)


async def update_output(session: AsyncSession, output: Output, given: Mapping[str, Any]) -> None:
    """Edit a line of a locked deal; what was not given of price and total is computed again."""
    line = {name: getattr(output, name) for name in (*FIELDS, "currency")} | dict(given)
    _refuse_nothing(line)
    if line["product_id"] not in (None, output.product_id):
        await _offered_product(session, line["product_id"])
    if line["currency"] != output.currency:
        await check_references(session, {"currency": line["currency"]})
    if given.keys() & {"quantity", "discount", "unit_price", "total"}:
        if "total" not in given:
            line["total"] = None
        elif "unit_price" not in given:
            line["unit_price"] = None
        _reckon(line)
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
    bury(session, output)
    say(session, output, events.output_removed(output))
    _audit(session, output, "line_removed", disappeared(output, FIELDS))


async def restore_output(session: AsyncSession, output: Output) -> None:
    """Put a removed, locked line back on its deal, which is told like a new one."""
    await living_deal_of(session, output)
    revive(session, output)
    say(session, output, events.output_added(output))
    _audit(session, output, "line_restored", appeared(output, FIELDS))


def _add(session: AsyncSession, deal: Deal, line: Mapping[str, Any]) -> Output:
    output = new(session, Output, deal_id=deal.id, **line)
    say(session, output, events.output_added(output))
    _audit(session, output, "line_added", appeared(output, FIELDS))
    return output


def _refuse_nothing(line: Mapping[str, Any]) -> None:
    if line["product_id"] is None and not line["text"]:
        raise invalid("product_id", "a line needs a product or a text", "product_or_text_required")


async def _offered_product(session: AsyncSession, product_id: UUID) -> Product:
    product = await find_product(session, product_id)
    if product is None:
        raise invalid("product_id", "is not among the products on sale", "product_unknown")
    return product


def _reckon(line: dict[str, Any]) -> None:
    """Compute what is not known yet of unit price and total."""
    if line["unit_price"] is not None and line["total"] is not None:
        raise invalid("total", "give the unit price or the total, not both", "total_and_price")
    if line["total"] and line["discount"] == ALL:
        raise invalid("discount", "leaves nothing of the total", "discount_leaves_nothing")
    amounts = line_amounts(
        line["quantity"],
        line["discount"],
        line["currency"],
        unit_price=line["unit_price"],
        total=line["total"],
    )
    if amounts is None:
        raise invalid("quantity", "makes a price or total too large", "line_total_out_of_range")
    line["unit_price"], line["total"] = amounts.unit_price, amounts.total


def _audit(session: AsyncSession, output: Output, action: str, changes: Any) -> None:
    """Note a line's change in the timeline of its deal."""
    noted = {"line": (None, str(output.id)), **changes}
    audit.record(session, "deal", output.deal_id, action, noted)
