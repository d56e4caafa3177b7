"""Dated rates of currencies, entered by hand or loaded from the European Central Bank's files."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.schemas import Day, Input, Output
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version
from deals.api.answers import page_of, point_to
from deals.api.callers import CurrenciesChanger, CurrenciesReader
from deals.api.uploads import CsvOrForm, described
from deals.commands.rates import import_rates, lock_rate, record_rate
from deals.models import Rate
from deals.queries.rates import rates
from kernel.money import CurrencyCode
from kernel.money import Rate as RateNumber
from kernel.pages import Page
from kernel.text import Line

router = APIRouter(prefix="/rates", tags=["rates"], route_class=Route)
ORDER = Order({"date": Rate.day, "currency": Rate.code}, "-date", Rate.id)

Kind = Literal["approximate", "official"]


class RateIn(Input):
    """How much national currency one unit of a currency is worth on a day."""

    currency: CurrencyCode
    date: Day
    rate: RateNumber
    kind: Kind = "approximate"
    source: Annotated[str, Line(100)] = "manual"


class RateOut(Output):
    """A dated rate, in units of the national currency."""

    version: int
    currency: str
    date: Day
    rate: RateNumber
    kind: Kind
    source: str


class RatesLoaded(Output):
    """What a file of rates brought."""

    read: int
    stored: int
    created_currencies: list[str]
    skipped_currencies: list[str]


@router.get("")
async def list_rates(
    session: ReadSession,
    _: CurrenciesReader,
    paging: Paging,
    currency: CurrencyCode | None = None,
    date_from: Day | None = None,
    date_to: Day | None = None,
) -> Page[RateOut]:
    """List rates, newest first."""
    query = rates()
    if currency:
        query = query.where(Rate.code == currency)
    if date_from:
        query = query.where(Rate.day >= date_from)
    if date_to:
        query = query.where(Rate.day <= date_to)
    page = await fetch_page(session, query, ORDER, paging)
    return page_of(page, _shown)


@router.post("", status_code=201)
async def record(
    body: RateIn,
    response: Response,
    session: WriteSession,
    _: CurrenciesChanger,
    if_match: IfMatch,
) -> RateOut:
    """Enter a rate; an entry for the same day replaces the older one and answers 200."""
    entered = await lock_rate(session, body.currency, body.date)
    expect_version(entered.version if entered else 0, if_match)
    values = {"code": body.currency, "day": body.date, **body.model_dump(include={"kind"})}
    rate = await record_rate(session, entered, {**values, "rate": body.rate, "source": body.source})
    response.status_code = 200 if entered else 201
    point_to(response, f"rates?currency={rate.code}&date_from={rate.day}", rate)
    return _shown(rate)


@router.post("/import", openapi_extra=described())
async def load(
    _: CurrenciesChanger,
    upload: CsvOrForm,
    session: WriteSession,
    create: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> RatesLoaded:
    """Load a file of euro reference rates; `create=true` adds the currencies that are missing."""
    return RatesLoaded.model_validate(await import_rates(session, upload.text(), create=create))


def _shown(rate: Rate) -> RateOut:
    values: dict[str, Any] = {"currency": rate.code, "date": rate.day, "rate": rate.rate}
    return RateOut(**values, version=rate.version, kind=rate.kind, source=rate.source)
