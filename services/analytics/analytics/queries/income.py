"""Income summary (ANA-044): what was received, by payment date, beside what was won."""

from typing import Any

from sqlalchemy import CTE, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.figures import average, mean
from analytics.domain.income import Income, IncomeReport, MonthlyIncome
from analytics.domain.periods import Period
from analytics.models.facts import Deal, Payment
from analytics.queries.frame import Frame, head
from analytics.queries.money import figure, find_missing_rates, priced, sum_of
from analytics.queries.records import Asked, visible_deals, visible_payments


async def get_income(
    session: AsyncSession, asked: Asked, frame: Frame, period: Period
) -> IncomeReport:
    """Reckon each month of the period and all of it."""
    payments = priced(_received(asked, period), frame)
    deals = priced(_won(asked, period), frame)
    paid = {row.month: row for row in await session.execute(_by_month(_paid(payments), payments))}
    won = {row.month: row for row in await session.execute(_by_month(_gained(deals), deals))}
    months = [f"{month:%Y-%m}" for month in period.months()]
    totals = Income(**_income(paid.get(None), won.get(None), frame))
    return IncomeReport(
        **head(frame, asked, await find_missing_rates(session, payments, deals), period),
        totals=totals,
        won_per_month=mean(totals.won, len(months)),
        income_per_month=average(totals.income, len(months)),
        by_month=[
            MonthlyIncome(month=month, **_income(paid.get(month), won.get(month), frame))
            for month in months
        ],
    )


def _received(asked: Asked, period: Period) -> Select[Any]:
    return visible_payments(
        asked,
        Payment.deal_id,
        Payment.amount,
        Payment.currency,
        Payment.paid_on.label("day"),
        func.to_char(Payment.paid_on, "YYYY-MM").label("month"),
    ).where(Payment.status == "received", Payment.paid_on.between(period.first, period.last))


def _won(asked: Asked, period: Period) -> Select[Any]:
    return visible_deals(
        asked,
        Deal.amount,
        Deal.currency,
        Deal.closed_on.label("day"),
        func.to_char(Deal.closed_on, "YYYY-MM").label("month"),
    ).where(Deal.status == "won", Deal.closed_on.between(period.first, period.last))


def _paid(payments: CTE) -> Select[Any]:
    return select(
        func.count(payments.c.deal_id.distinct()).label("deals_paid"),
        func.count().label("payments"),
        *sum_of(payments, "income"),
    )


def _gained(deals: CTE) -> Select[Any]:
    return select(func.count().label("won"), *sum_of(deals, "deal_income"))


def _by_month(measures: Select[Any], records: CTE) -> Select[Any]:
    """Reckon each month, and all of them in the row without one."""
    return measures.add_columns(records.c.month).group_by(func.rollup(records.c.month))


def _income(paid: Row[Any] | None, won: Row[Any] | None, frame: Frame) -> dict[str, Any]:
    return {
        "deals_paid": paid.deals_paid if paid else 0,
        "payments": paid.payments if paid else 0,
        "income": figure(paid, "income", frame),
        "won": won.won if won else 0,
        "deal_income": figure(won, "deal_income", frame),
    }
