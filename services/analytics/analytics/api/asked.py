"""The parameters that answers have in common: filters, period, currency (ANA-011, 012, 015)."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Depends, Query

from analytics.domain.periods import Period, Preset, preset
from analytics.queries.frame import Frame, get_frame
from analytics.queries.records import Filters
from chassis.http.schemas import Day
from chassis.http.unit import ReadSession
from kernel import clock
from kernel.errors import FieldError, Invalid
from kernel.money import CurrencyCode

MOST_DAYS: Final = 50 * 366

Place = Annotated[str | None, Query(min_length=1, max_length=100)]
"""A country or a city, written as the records have it."""


async def asked_filters(
    *,
    department: UUID | None = None,
    team: UUID | None = None,
    owner: UUID | None = None,
    source: UUID | None = None,
    product: UUID | None = None,
    pipeline: UUID | None = None,
    country: Place = None,
    city: Place = None,
) -> Filters:
    """Read the filters; one concerns only records that have such a field."""
    return Filters(department, team, owner, source, product, pipeline, country, city)


AskedFilters = Annotated[Filters, Depends(asked_filters)]


def asked_period(default: Callable[[], Period]) -> Callable[..., Awaitable[Period]]:
    """Make the dependency that reads `from` and `to`, or `preset`, or answers the default."""

    async def period(
        first: Annotated[Day | None, Query(alias="from")] = None,
        last: Annotated[Day | None, Query(alias="to")] = None,
        chosen: Annotated[Preset | None, Query(alias="preset")] = None,
    ) -> Period:
        if chosen and (first or last):
            raise _wrong("preset", "period_twice", "give either a preset or from and to")
        if chosen:
            return preset(chosen, clock.today())
        usual = default()
        asked = Period(first or usual.first, last or usual.last)
        if asked.first > asked.last:
            raise _wrong("to", "period_ends_before_it_begins", "should not be before from")
        if (asked.last - asked.first).days > MOST_DAYS:
            raise _wrong("from", "period_too_long", "should span at most 50 years")
        return asked

    return period


def _wrong(parameter: str, code: str, message: str) -> Invalid:
    field = f"query/{parameter}"
    return Invalid(f"{field}: {message}", errors=(FieldError(field, code, message),))


async def asked_frame(
    session: ReadSession,
    currency: Literal["reporting", "national"] | CurrencyCode = "reporting",
) -> Frame:
    """Read the currency everything is told in."""
    return await get_frame(session, currency)


AskedFrame = Annotated[Frame, Depends(asked_frame)]
