"""Products and services."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.schemas import Flag, Input, Output
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from deals.api.answers import page_of, point_to
from deals.api.callers import ProductsAdder, ProductsChanger, ProductsReader, ProductsRemover
from deals.api.deleted_records import DeletedEntries, ProductToRestore
from deals.api.fields import Price, unsent
from deals.commands.products import create_product, delete_product, restore_product, update_product
from deals.models import Product
from deals.queries.products import get_product, product_matches, products
from kernel.pages import Page
from kernel.text import Line, Paragraphs

router = APIRouter(prefix="/products", tags=["products"], route_class=Route)
ORDER = Order(
    {"name": Product.name, "created_at": Product.created_at, "price": Product.price},
    "name",
    Product.id,
)

Kind = Literal["goods", "service"]
Name = Annotated[str, Line(250)]
Description = Annotated[str, Paragraphs(4000)]


class ProductIn(Input):
    """A new product."""

    name: Name
    code: Annotated[str, Line(50)] | None = None
    description: Description | None = None
    price: Price | None = None
    on_sale: Flag = True
    kind: Kind = "goods"
    category: Annotated[str, Line(100)] | None = None
    department_id: UUID | None = None


class ProductPatch(Input):
    """What may change of a product."""

    name: Name = unsent()
    code: Annotated[str, Line(50)] | None = None
    description: Description | None = None
    price: Price | None = None
    on_sale: Flag = unsent()
    kind: Kind = unsent()
    category: Annotated[str, Line(100)] | None = None
    department_id: UUID | None = None


class ProductOut(Output):
    """A product."""

    id: UUID
    version: int
    name: str
    code: str | None
    description: str | None
    price: Price | None
    on_sale: bool
    kind: Kind
    category: str | None
    department_id: UUID | None


@router.get("")
async def list_products(
    session: ReadSession,
    _: ProductsReader,
    *,
    paging: Paging,
    deleted: DeletedEntries,
    q: Annotated[str | None, Query(max_length=200)] = None,
    on_sale: bool | None = None,
    category: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[ProductOut]:
    """List products; `on_sale=true` gives those offered for new lines."""
    query = products(deleted=deleted)
    if q:
        query = query.where(product_matches(q))
    if on_sale is not None:
        query = query.where(Product.on_sale == on_sale)
    if category:
        query = query.where(Product.category == category)
    page = await fetch_page(session, query, ORDER, paging)
    return page_of(page, _shown)


@router.post("", status_code=201)
async def create(
    body: ProductIn, response: Response, session: WriteSession, _: ProductsAdder
) -> ProductOut:
    """Add a product."""
    values = {name: getattr(body, name) for name in type(body).model_fields}
    product = await create_product(session, _columns(values))
    point_to(response, f"products/{product.id}", product)
    return _shown(product)


@router.get("/{product_id}")
async def read(
    product_id: UUID, response: Response, session: ReadSession, _: ProductsReader
) -> ProductOut:
    """Read a product."""
    product = await get_product(session, product_id)
    tag(response, product.version)
    return _shown(product)


@router.patch("/{product_id}")
async def update(
    product_id: UUID,
    body: ProductPatch,
    response: Response,
    session: WriteSession,
    _: ProductsChanger,
    if_match: IfMatch,
) -> ProductOut:
    """Edit a product."""
    product = await get_product(session, product_id, lock=True)
    expect_version(product.version, if_match)
    await update_product(session, product, _columns(body.given()))
    tag(response, product.version)
    return _shown(product)


@router.delete("/{product_id}", status_code=204)
async def delete(
    product_id: UUID, session: WriteSession, _: ProductsRemover, if_match: IfMatch
) -> Response:
    """Remove a product no deal has."""
    product = await get_product(session, product_id, lock=True)
    expect_version(product.version, if_match)
    await delete_product(session, product)
    return Response(status_code=204)


@router.post("/{product_id}/restore")  # noqa: FAST003 - taken by ProductToRestore
async def restore(
    product: ProductToRestore, response: Response, session: WriteSession
) -> ProductOut:
    """Bring a deleted product back. For administrators."""
    restore_product(session, product)
    tag(response, product.version)
    return _shown(product)


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """Take a price apart into its two columns."""
    if "price" not in values:
        return values
    price: Price | None = values["price"]
    parts = (price.amount, price.currency) if price else (None, None)
    return {**values, "price": parts[0], "currency": parts[1]}


def _shown(product: Product) -> ProductOut:
    names = (name for name in ProductOut.model_fields if name != "price")
    price = None
    if product.price is not None:
        price = {"amount": product.price, "currency": product.currency}
    return ProductOut.model_validate(
        {**{name: getattr(product, name) for name in names}, "price": price}
    )
