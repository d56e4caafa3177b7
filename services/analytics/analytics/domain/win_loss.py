"""What the win/loss report says (ANA-084)."""

from dataclasses import dataclass
from uuid import UUID

from analytics.domain.figures import Answer, Figure


@dataclass(frozen=True)
class Balance:
    """Deals won and lost: number, revenue, share of the won in percent, mean days from creation."""

    won: int
    lost: int
    revenue_won: Figure
    revenue_lost: Figure
    win_rate: float
    mean_days_to_win: float | None
    mean_days_to_lose: float | None


@dataclass(frozen=True)
class NamedBalance(Balance):
    """The balance of the deals of one source, owner, product and so on."""

    id: UUID | None
    name: str


@dataclass(frozen=True)
class MonthlyBalance(Balance):
    """The balance of one month, as in 2026-11."""

    month: str


@dataclass(frozen=True)
class LostReason:
    """The deals lost for one reason, and their share of all lost ones in percent."""

    id: UUID | None
    name: str
    lost: int
    share: float
    revenue_lost: Figure


@dataclass(frozen=True)
class WinLoss(Answer):
    """Won and lost deals of a period.

    A deal with several products counts whole under each of them. `by_month` has the months of the
    period, `last_12_months` those up to now.
    """

    totals: Balance
    by_source: list[NamedBalance]
    by_owner: list[NamedBalance]
    by_department: list[NamedBalance]
    by_product: list[NamedBalance]
    by_company: list[NamedBalance]
    by_stage_before: list[NamedBalance]
    lost_reasons: list[LostReason]
    by_month: list[MonthlyBalance]
    last_12_months: list[MonthlyBalance]
