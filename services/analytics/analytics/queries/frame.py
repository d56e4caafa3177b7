"""What every answer starts from: how far the data go, and the currency it is told in."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.figures import MissingRate
from analytics.domain.periods import Period
from analytics.models.dimensions import Currency
from analytics.models.log import Progress
from analytics.queries.records import Asked
from kernel import clock


@dataclass(frozen=True)
class Frame:
    """One moment's view.

    `currency` is what money is told in, `national` what rates are told in; none while not known.
    """

    data_through: datetime | None
    generated_at: datetime
    today: date
    currency: str | None
    national: str | None


def head(
    frame: Frame, asked: Asked, missing: list[MissingRate], period: Period | None = None
) -> dict[str, Any]:
    """Answer what an `Answer` says about itself (ANA-006)."""
    filters = {name: value for name, value in asdict(asked.filters).items() if value}
    days = {"from": period.first, "to": period.last} if period else {}
    return {
        "data_through": frame.data_through,
        "generated_at": frame.generated_at,
        "filters": filters | days | dict(asked.choices),
        "currency": frame.currency,
        "missing_rates": missing,
    }


async def get_frame(session: AsyncSession, currency: str) -> Frame:
    """Look the target currency up: `reporting` (else national), `national`, or a code."""
    latest = select(Currency.code).where(Currency.counts).order_by(Currency.said_at.desc()).limit(1)
    query = select(
        Progress.data_through,
        latest.where(Currency.national.is_(True)).scalar_subquery().label("national"),
        latest.where(Currency.reporting.is_(True)).scalar_subquery().label("reporting"),
    )
    row = (await session.execute(query)).one()
    named = {"national": row.national, "reporting": row.reporting or row.national}
    target = named.get(currency, currency)
    return Frame(row.data_through, clock.now(), clock.today(), target, row.national)
