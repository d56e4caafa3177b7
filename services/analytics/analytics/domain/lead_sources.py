"""What the lead source summary says (ANA-067)."""

from dataclasses import dataclass
from uuid import UUID

from analytics.domain.figures import Answer, Figure


@dataclass(frozen=True)
class SourceFigures:
    """What came of a source; rates and shares in percent.

    `request_conversion` and `request_win` are the requests that have a deal and a won one,
    `lead_conversion` the converted leads, `promotion_rate` the promoted ones, `win_rate` the won of
    the closed deals, `won_share` of all.
    """

    requests: int
    request_conversion: float
    request_win: float
    leads: int
    share: float
    opportunities: int
    lead_conversion: float
    promotion_rate: float
    won: int
    lost: int
    win_rate: float
    won_share: float
    potential_revenue: Figure
    revenue_won: Figure
    mean_days_to_win: float | None


@dataclass(frozen=True)
class SourceRow(SourceFigures):
    """The figures of one source; those without one stand under 'Unknown'."""

    id: UUID | None
    name: str


@dataclass(frozen=True)
class SourceMonth:
    """One month of the chart, as in 2026-11: what was created in it, and what it came to."""

    month: str
    requests: int
    leads: int
    won: int
    revenue_won: Figure


@dataclass(frozen=True)
class LeadSources(Answer):
    """Requests, leads and deals created in the period, by source.

    With the filter `source` the row and the chart are those of this source; shares stay those of
    all leads.
    """

    totals: SourceFigures
    sources: list[SourceRow]
    by_month: list[SourceMonth]
