"""Changes dated rates: entered by hand, loaded from a file, re-based (DEA-099, DEA-100)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, Uuid, any_, delete, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from chassis.event_log import origin_of
from contracts.deals import RateRecorded
from deals.commands.changes import new
from deals.commands.dictionaries import added, edited, lock_table
from deals.commands.set_based import copy_into, say_all
from deals.domain.rate_file import UnreadableRatesError, national_rates, read_rates
from deals.domain.rates import rebased
from deals.events import currency_changed, currency_id, rate_id, rate_recorded
from deals.models import Currency, Rate
from deals.queries.preferences import get_preferences
from deals.queries.rates import known_codes, national_code
from kernel import clock
from kernel.errors import Conflict, invalid

Rates = Mapping[tuple[str, date], Decimal]

FIELDS = ("code", "day", "rate", "kind", "source")
KINDS = ("approximate", "official")

STAGE = """
    create temporary table staged_rate
        (id uuid not null, code text not null, day date not null, rate numeric(24, 8) not null)
    on commit drop
"""
DROP_UNCHANGED = """
    delete from staged_rate using rate
    where rate.id = staged_rate.id and (rate.rate, rate.kind) = (staged_rate.rate, :kind)
"""
STORE = """
    insert into rate (id, code, day, rate, kind, source, version,
        created_at, created_by, updated_at, updated_by)
    select id, code, day, rate, :kind, :source, 1, :now, :actor, :now, :actor from staged_rate
    on conflict (id) do update set rate = excluded.rate, kind = excluded.kind,
        source = excluded.source, version = rate.version + 1,
        updated_at = excluded.updated_at, updated_by = excluded.updated_by
"""
TOLD = """
    select rate.id, rate.version, cast(null as uuid) as department_id, jsonb_build_object(
        'rate_id', rate.id, 'code', rate.code, 'national', null, 'reporting', null,
        'date', rate.day, 'rate', trim_scale(rate.rate)::text, 'kind', rate.kind) as data
    from staged_rate join rate using (id) order by rate.day, rate.code
"""


@dataclass(frozen=True)
class Loaded:
    """What a file of rates brought: rates new or changed, and currencies it made."""

    read: int
    stored: int
    created_currencies: tuple[str, ...]
    skipped_currencies: tuple[str, ...]


async def lock_rate(session: AsyncSession, code: str, day: date) -> Rate | None:
    """Answer a currency's rate of a day, if there is one; no rate changes until the commit."""
    await lock_table(session, Rate)
    return await session.get(Rate, rate_id(code, day))


async def record_rate(
    session: AsyncSession, entered: Rate | None, values: Mapping[str, Any]
) -> Rate:
    """Enter the rate of a currency on a day by hand, instead of the one `lock_rate` answered.

    Raises:
        Invalid: the currency is unknown, the day lies ahead.
        Conflict: the national currency has no rate.
    """
    if values["code"] not in await known_codes(session):
        raise invalid("currency", "is not among the currencies", "currency_unknown")
    if values["code"] == await national_code(session):
        raise Conflict("The national currency is always 1.", code="currency_is_national")
    if values["day"] > clock.today():
        raise invalid("date", "should not lie in the future", "date_in_future")
    if entered:
        edited(session, entered, rate_recorded, values)
        return entered
    rate = new(session, Rate, id_=rate_id(values["code"], values["day"]), **values)
    added(session, rate, rate_recorded, FIELDS)
    return rate


async def import_rates(session: AsyncSession, content: str, *, create: bool) -> Loaded:
    """Load a file of euro reference rates; `create` adds the currencies that are missing.

    Raises:
        Invalid: the file is not in the format.
    """
    try:  # in a thread: a history of decades would hold up everybody else for seconds
        quotes = await asyncio.to_thread(lambda: list(read_rates(content)))
    except UnreadableRatesError as error:
        raise invalid("file", str(error), "rates_unreadable") from error
    await lock_table(session, Currency)  # before rates, as a new national currency does
    await lock_table(session, Rate)
    rates = national_rates(quotes, await national_code(session))
    known = set(await known_codes(session))
    missing = tuple(sorted({code for code, _ in rates} - known))
    if create:
        for code in missing:
            add_currency(session, code)
        known.update(missing)
    wanted = {key: rate for key, rate in rates.items() if key[0] in known}
    stored = await _store(session, wanted, kind="official", source="ECB")
    _audit_load(session, stored)
    skipped = () if create else missing
    return Loaded(len(quotes), stored, missing if create else (), skipped)


def add_currency(session: AsyncSession, code: str) -> None:
    """Add a currency that a file of rates brings."""
    currency = new(
        session,
        Currency,
        id_=currency_id(code),
        code=code,
        is_active=True,
        auto_update=True,
        is_national=False,
        is_reporting=False,
    )
    added(session, currency, currency_changed, ("code", "is_active", "auto_update"))


async def rebase_rates(session: AsyncSession, old: str, new_national: str) -> None:
    """Express every stored rate in another national currency, by the cross rate of its date.

    A rate stays approximate or official; the old national currency's have the kind of the rates of
    the new one, of which they are the reverse.
    """
    await lock_table(session, Rate)
    max_age = (await get_preferences(session)).max_rate_age_days
    rows = (await session.execute(select(Rate.code, Rate.day, Rate.rate, Rate.kind))).all()
    stored: Rates = {(row.code, row.day): row.rate for row in rows}
    kinds = {(row.code, row.day): row.kind for row in rows}
    turned = await asyncio.to_thread(rebased, stored, old, new_national, max_age)
    gone = [rate_id(code, day) for code, day in stored if (code, day) not in turned]
    await session.execute(delete(Rate).where(Rate.id == any_(literal(gone, ARRAY(Uuid)))))
    for kind in KINDS:
        of_kind = {
            (code, day): rate
            for (code, day), rate in turned.items()
            if kinds[new_national if code == old else code, day] == kind
        }
        await _store(session, of_kind, kind=kind, source=f"re-based from {old}")


async def _store(session: AsyncSession, rates: Rates, *, kind: str, source: str) -> int:
    """Store rates and tell about those that are new or different; answers how many are."""
    await session.execute(text(STAGE))
    records = ((rate_id(code, day), code, day, rate) for (code, day), rate in rates.items())
    await copy_into(session, "staged_rate", ("id", "code", "day", "rate"), records)
    await session.execute(text(DROP_UNCHANGED), {"kind": kind})
    values = {
        "kind": kind,
        "source": source,
        "now": clock.now(),
        "actor": origin_of(session).actor,
    }
    await session.execute(text(STORE), values)
    await say_all(session, RateRecorded, TOLD)
    stored = await session.scalar(text("select count(*) from staged_rate"))
    await session.execute(text("drop table staged_rate"))
    return stored or 0


def _audit_load(session: AsyncSession, stored: int) -> None:
    if stored:
        changes = {"stored": (None, stored)}
        audit.record(session, "rates", currency_id("EUR"), "imported", changes)
