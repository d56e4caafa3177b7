"""What the dashboard says (ANA-027)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import Field

from analytics.domain.figures import Answer, Figure

T = TypeVar("T")


def _not_granted(block: object) -> bool:
    return block is None


Granted = Annotated[T | None, Field(exclude_if=_not_granted)]
"""What only some may see: absent for the others, rather than empty."""


@dataclass(frozen=True)
class CompanyCount:
    """How many companies there are, and how many of them are active (ANA-028)."""

    total: int
    active: int


@dataclass(frozen=True)
class CustomerCount:
    """How many customers there are (ANA-029)."""

    total: int


@dataclass(frozen=True)
class LeadCount:
    """How many leads there are, and how many stand in a qualified status (ANA-030)."""

    total: int
    qualified: int


@dataclass(frozen=True)
class DealCount:
    """How many deals there are in all pipelines, open ones and won ones (ANA-031)."""

    total: int
    open: int
    won: int


@dataclass(frozen=True)
class Revenue:
    """Total revenue is what was won, potential revenue what is open (ANA-033).

    `average_deal_value` is that of a won deal, `average_value` that of any.
    """

    total: Figure
    potential: Figure
    average_deal_value: Figure
    average_value: Figure


@dataclass(frozen=True)
class Recent:
    """A record made lately (ANA-034)."""

    id: UUID
    name: str
    owner_id: UUID | None
    owner: str | None
    created_at: datetime


@dataclass(frozen=True)
class RecentRecords:
    """The last five of each kind, newest first."""

    companies: list[Recent]
    customers: list[Recent]
    deals: list[Recent]


@dataclass(frozen=True)
class DealMonth:
    """The deals of a month, as in 2026-11; `revenue` needs the right to see it (ANA-036)."""

    month: str
    total: int
    won: int
    lost: int
    revenue: Granted[Figure] = None


@dataclass(frozen=True)
class SourceCount:
    """How many leads came from a source (ANA-037)."""

    id: UUID | None
    name: str
    leads: int


@dataclass(frozen=True)
class PipelineCount:
    """How many open deals a pipeline has (ANA-039)."""

    id: UUID | None
    name: str
    open: int


@dataclass(frozen=True)
class Dashboard(Answer):
    """All blocks in one call; those the caller has no right to are absent."""

    companies: Granted[CompanyCount] = None
    customers: Granted[CustomerCount] = None
    leads: Granted[LeadCount] = None
    deals: Granted[DealCount] = None
    revenue: Granted[Revenue] = None
    recent: Granted[RecentRecords] = None
    deals_by_month: Granted[list[DealMonth]] = None
    leads_by_source: Granted[list[SourceCount]] = None
    pipelines: Granted[list[PipelineCount]] = None
