"""Reads products."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import there
from deals.models import Output, Product
from deals.queries.search import holds
from kernel.errors import NotFound


def products(*, deleted: bool = False) -> Select[Product]:
    """Select the products there are, or the deleted ones."""
    return select(Product).where(there(Product, deleted=deleted))


def product_matches(text: str) -> ColumnElement[bool]:
    """Answer the condition for products whose name, code or description holds a text."""
    return holds(Product, text)


async def get_product(session: AsyncSession, product_id: UUID, *, lock: bool = False) -> Product:
    """Answer a product, or raise NotFound."""
    query = products().where(Product.id == product_id)
    product = await session.scalar(query.with_for_update() if lock else query)
    if product is None:
        raise NotFound
    return product


async def find_product(session: AsyncSession, product_id: UUID) -> Product | None:
    """Answer a product on sale and keep it from being removed until the commit."""
    query = products().where(Product.id == product_id, Product.on_sale)
    return await session.scalar(query.with_for_update(read=True, key_share=True))


async def is_used(session: AsyncSession, product_id: UUID) -> bool:
    """Answer whether a deal line has the product."""
    used = select(Output.id).where(Output.product_id == product_id)
    return bool(await session.scalar(select(exists(used))))
