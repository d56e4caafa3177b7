"""Changes products (DEA-079)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from deals.commands.changes import new
from deals.commands.dictionaries import added, edited, removed, restored
from deals.events import product_defined
from deals.models import Product
from deals.queries.products import is_used
from deals.queries.references import check_references
from kernel.errors import Conflict
from kernel.text import fold, trigrams

FIELDS = (
    "name",
    "code",
    "description",
    "price",
    "currency",
    "on_sale",
    "kind",
    "category",
    "department_id",
)


async def create_product(session: AsyncSession, values: Mapping[str, Any]) -> Product:
    """Add a product."""
    await _check(session, values)
    complete = {**dict.fromkeys(FIELDS), **values}
    product = new(session, Product, **complete, **_searchable(complete))
    added(session, product, product_defined, FIELDS)
    return product


async def update_product(session: AsyncSession, product: Product, given: Mapping[str, Any]) -> None:
    """Edit a locked product."""
    await _check(session, given)
    edited(session, product, product_defined, given)
    for name, value in _searchable({name: getattr(product, name) for name in FIELDS}).items():
        setattr(product, name, value)


async def delete_product(session: AsyncSession, product: Product) -> None:
    """Remove a locked product.

    Raises:
        Conflict: it is in a deal; it can only be taken off sale.
    """
    if await is_used(session, product.id):
        raise Conflict("Deals have this product; take it off sale instead.", code="product_in_use")
    removed(session, product, product_defined)


def restore_product(session: AsyncSession, product: Product) -> None:
    """Bring a removed, locked product back; its name and code need not be its own alone."""
    restored(session, product, product_defined)


async def _check(session: AsyncSession, values: Mapping[str, Any]) -> None:
    named = {name: values[name] for name in ("department_id", "currency") if name in values}
    await check_references(session, named)


def _searchable(values: Mapping[str, Any]) -> dict[str, Any]:
    parts = (values["name"], values["code"], values["description"])
    text = " ".join(part for part in parts if part)
    return {
        "name_key": fold(values["name"]),
        "search_key": fold(text),
        "search_trigrams": trigrams(text),
    }
