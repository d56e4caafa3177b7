"""Currencies; which one is the national and which the reporting one."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.schemas import Flag, Input, Output
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from deals.api.answers import page_of, point_to
from deals.api.callers import CurrenciesAdder, CurrenciesChanger, CurrenciesReader
from deals.api.fields import unsent
from deals.commands.currencies import create_currency, lock_currency, update_currency
from deals.models import Currency
from deals.queries.rates import currencies, get_currency
from kernel.currencies import decimals
from kernel.money import CurrencyCode
from kernel.pages import Page

router = APIRouter(prefix="/currencies", tags=["currencies"], route_class=Route)
ORDER = Order({"code": Currency.code}, "code", Currency.id)

Code = Annotated[str, Path(pattern="^[A-Z]{3}$")]


class CurrencyIn(Input):
    """A currency to be used from now on."""

    code: CurrencyCode
    is_active: Flag = True
    auto_update: Flag = True


class CurrencyPatch(Input):
    """What may change of a currency."""

    is_active: Flag = unsent()
    auto_update: Flag = unsent()
    is_national: Flag = unsent()
    is_reporting: Flag = unsent()


class CurrencyOut(Output):
    """A currency; `decimals` is how many its amounts have."""

    code: str
    version: int
    decimals: int
    is_active: bool
    auto_update: bool
    is_national: bool
    is_reporting: bool


@router.get("")
async def list_currencies(
    session: ReadSession,
    _: CurrenciesReader,
    paging: Paging,
    is_active: bool | None = None,  # noqa: FBT001 - a query parameter
) -> Page[CurrencyOut]:
    """List currencies by code."""
    query = currencies()
    if is_active is not None:
        query = query.where(Currency.is_active == is_active)
    page = await fetch_page(session, query, ORDER, paging)
    return page_of(page, _shown)


@router.post("", status_code=201)
async def create(
    body: CurrencyIn, response: Response, session: WriteSession, _: CurrenciesAdder
) -> CurrencyOut:
    """Add a currency."""
    currency = await create_currency(session, body.model_dump())
    point_to(response, f"currencies/{currency.code}", currency)
    return _shown(currency)


@router.get("/{code}")
async def read(
    code: Code, response: Response, session: ReadSession, _: CurrenciesReader
) -> CurrencyOut:
    """Read a currency."""
    currency = await get_currency(session, code)
    tag(response, currency.version)
    return _shown(currency)


@router.patch("/{code}")
async def update(
    code: Code,
    body: CurrencyPatch,
    response: Response,
    session: WriteSession,
    _: CurrenciesChanger,
    if_match: IfMatch,
) -> CurrencyOut:
    """Edit a currency; a new national one re-bases every stored rate."""
    currency = await lock_currency(session, code)
    expect_version(currency.version, if_match)
    await update_currency(session, currency, body.given())
    tag(response, currency.version)
    return _shown(currency)


def _shown(currency: Currency) -> CurrencyOut:
    names = (name for name in CurrencyOut.model_fields if name != "decimals")
    values = {name: getattr(currency, name) for name in names}
    return CurrencyOut.model_validate({**values, "decimals": decimals(currency.code)})
