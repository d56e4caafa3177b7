"""What the income report says (ANA-044)."""

from dataclasses import dataclass

from analytics.domain.figures import Answer, Figure


@dataclass(frozen=True)
class Income:
    """Received payments (`income`), the deals they pay, and what was won (`deal_income`)."""

    deals_paid: int
    payments: int
    income: Figure
    won: int
    deal_income: Figure


@dataclass(frozen=True)
class MonthlyIncome(Income):
    """The income of one month, as in 2026-11."""

    month: str


@dataclass(frozen=True)
class IncomeReport(Answer):
    """Income by month; the averages are those of a month of the period."""

    totals: Income
    won_per_month: float
    income_per_month: Figure
    by_month: list[MonthlyIncome]
