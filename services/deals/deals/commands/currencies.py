"""Changes currencies: which are in use, which is the national and which the reporting one."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from deals.commands.changes import new
from deals.commands.dictionaries import added, edited, lock_table, take_flag
from deals.commands.rates import rebase_rates
from deals.events import currency_changed, currency_id
from deals.models import Currency
from deals.queries.rates import get_currency, known_codes, national_code
from kernel.errors import Conflict, invalid

FIELDS = ("code", "is_active", "auto_update", "is_national", "is_reporting")


async def create_currency(session: AsyncSession, values: Mapping[str, Any]) -> Currency:
    """Add a currency.

    Raises:
        Conflict: there is one with this code.
    """
    await lock_table(session, Currency)
    if values["code"] in await known_codes(session):
        raise Conflict(f"{values['code']} is there already.", code="currency_exists")
    currency = new(
        session,
        Currency,
        id_=currency_id(values["code"]),
        is_national=False,
        is_reporting=False,
        **values,
    )
    added(session, currency, currency_changed, FIELDS)
    return currency


async def lock_currency(session: AsyncSession, code: str) -> Currency:
    """Answer a currency while nobody else can change any."""
    await lock_table(session, Currency)
    return await get_currency(session, code)


async def update_currency(
    session: AsyncSession, currency: Currency, given: Mapping[str, Any]
) -> None:
    """Edit a locked currency; a flag it gets leaves the one that had it (DEA-099).

    Raises:
        Invalid: the national currency would be no more.
        Conflict: the national currency would be inactive.
    """
    if currency.is_national and given.get("is_national") is False:
        raise invalid(
            "is_national",
            "make another currency the national one instead",
            "national_currency_required",
        )
    national = currency.is_national or given.get("is_national", False)
    if national and not given.get("is_active", currency.is_active):
        raise Conflict("The national currency is always active.", code="currency_is_national")
    if given.get("is_national") and not currency.is_national:
        old = await national_code(session)
        await take_flag(session, Currency, currency_changed, "is_national")
        await rebase_rates(session, old, currency.code)
    if given.get("is_reporting") and not currency.is_reporting:
        await take_flag(session, Currency, currency_changed, "is_reporting")
    edited(session, currency, currency_changed, given)
