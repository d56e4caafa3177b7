"""Reads currencies and dated rates, and converts amounts inside SQL (DEA-102)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Select,
    SQLColumnExpression,
    Text,
    bindparam,
    case,
    func,
    literal,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from deals.models import Currency, Rate
from kernel.errors import NotFound

Column = SQLColumnExpression[Any]


@dataclass(frozen=True)
class Conversion:
    """What converting on a day needs to know: today, the greatest age of a rate, the target."""

    today: date
    max_age_days: int
    target: str


def currencies() -> Select[Currency]:
    """Select the currencies there are."""
    return select(Currency)


def rates() -> Select[Rate]:
    """Select the dated rates."""
    return select(Rate)


async def get_currency(session: AsyncSession, code: str) -> Currency:
    """Answer a currency, or raise NotFound."""
    currency = await session.scalar(currencies().where(Currency.code == code))
    if currency is None:
        raise NotFound
    return currency


async def national_code(session: AsyncSession) -> str:
    """Answer the national currency."""
    return (await session.scalars(select(Currency.code).where(Currency.is_national))).one()


async def reporting_code(session: AsyncSession) -> str:
    """Answer the reporting currency, which is the national one unless another was chosen."""
    query = select(Currency.code).where(Currency.is_national | Currency.is_reporting)
    return (await session.scalars(query.order_by(Currency.is_reporting.desc()))).first() or "EUR"


async def known_codes(session: AsyncSession) -> Sequence[str]:
    """Answer the codes of every currency there is."""
    return (await session.scalars(select(Currency.code))).all()


async def is_active(session: AsyncSession, code: str) -> bool:
    """Answer whether new figures may be in a currency."""
    found = currencies().where(Currency.code == code, Currency.is_active)
    return await session.scalar(found) is not None


def rate_on(code: Column, day: Column, today: Any, max_age_days: Any) -> ColumnElement[Decimal]:
    """Answer the rate of a currency on a day as SQL; null when none is young enough.

    `today` and `max_age_days` are SQL too, such as bind parameters of a statement made once.
    """
    on_day = func.least(day, today)
    newest = (
        select(Rate.rate)
        .where(Rate.code == code, Rate.day <= on_day, Rate.day >= on_day - max_age_days)
        .order_by(Rate.day.desc())
        .limit(1)
        .correlate_except(Rate)
        .scalar_subquery()
    )
    national = select(Currency.code).where(Currency.is_national).scalar_subquery()
    return case((code == national, literal(1, Numeric)), else_=newest)


def converted(amount: Column, of: Any) -> ColumnElement[Decimal]:
    """Answer an amount in the target currency at the rates of its day, not yet rounded.

    `of` has the columns `currency` and `day`. The parameters of the statement are those of a
    `Conversion`, by their names.
    """
    today, age = bindparam("today", type_=Date), bindparam("max_age_days", type_=Integer)
    target = bindparam("target", type_=Text)
    crossed = rate_on(of.currency, of.day, today, age) / rate_on(target, of.day, today, age)
    return case((of.currency == target, amount), else_=amount * crossed)


async def find_rate(
    session: AsyncSession, code: str, day: date, today: date, max_age_days: int
) -> tuple[Decimal | None, str | None]:
    """Answer the national rate of a currency on a day and its kind, or nothing and nothing."""
    if code == await national_code(session):
        return Decimal(1), "official"
    on_day = min(day, today)
    query = (
        select(Rate.rate, Rate.kind)
        .where(Rate.code == code, Rate.day <= on_day, Rate.day >= on_day - literal(max_age_days))
        .order_by(Rate.day.desc())
        .limit(1)
    )
    row = (await session.execute(query)).one_or_none()
    return (row.rate, row.kind) if row else (None, None)
