"""What the payments of a deal come to."""

from sqlalchemy import ColumnElement, Date, Integer, Uuid, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from deals.domain.amounts import ZERO, PaymentFigures, payment_figures
from deals.domain.rates import cross_rate
from deals.models import Deal, Payment
from deals.queries.preferences import get_preferences
from deals.queries.rates import rate_on
from kernel import clock
from kernel.money import Money


def has_status(status: str) -> ColumnElement[bool]:
    """Answer the condition for payments that show a status; cancelled ones show nothing else."""
    if status == "cancelled":
        return Payment.is_cancelled.is_(True)
    return and_(Payment.status == status, ~Payment.is_cancelled)


_TODAY, _AGE = bindparam("today", type_=Date), bindparam("max_age_days", type_=Integer)
_RECEIVED = (
    select(
        Payment.amount,
        Payment.currency,
        rate_on(Payment.currency, Payment.day, _TODAY, _AGE).label("rate"),
        rate_on(Deal.currency, Payment.day, _TODAY, _AGE).label("own_rate"),
    )
    .join(Deal, Deal.id == Payment.deal_id)
    .where(
        Payment.deal_id == bindparam("deal_id", type_=Uuid),
        Payment.deleted_at.is_(None),
        Payment.status == "received",
    )
)


async def find_figures(session: AsyncSession, deal: Deal) -> PaymentFigures:
    """Add up a deal's received payments, each at the rate of its own date (DEA-089, DEA-090)."""
    max_age = (await get_preferences(session)).max_rate_age_days
    values = {"today": clock.today(), "max_age_days": max_age, "deal_id": deal.id}
    paid, missing = ZERO, set()
    for row in await session.execute(_RECEIVED, values):
        money = Money(amount=row.amount, currency=row.currency)
        if row.currency == deal.currency:
            paid += money.amount
        elif row.rate is None or row.own_rate is None:
            missing.add(row.currency if row.rate is None else deal.currency)
        else:
            paid += money.convert(cross_rate(row.rate, row.own_rate), deal.currency).amount
    return payment_figures(deal.amount, paid, tuple(sorted(missing)))
