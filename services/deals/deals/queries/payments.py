"""Reads payments and what they come to."""

from uuid import UUID

from sqlalchemy import Date, Integer, Select, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, visible
from deals.domain.amounts import ZERO, PaymentFigures, payment_figures
from deals.domain.rates import cross_rate
from deals.models import Deal, Payment
from deals.queries.deals import OWNERSHIP
from deals.queries.preferences import get_preferences
from deals.queries.rates import rate_on
from kernel import clock
from kernel.errors import NotFound
from kernel.money import Money

VIEW = "deals.payment.view"


def visible_payments(caller: Caller) -> Select[Payment]:
    """Select the payments of the deals whose payments the caller may see."""
    return (
        select(Payment)
        .join(Deal, Payment.deal_id == Deal.id)
        .where(
            Payment.deleted_at.is_(None),
            Deal.deleted_at.is_(None),
            visible(caller, VIEW, OWNERSHIP),
        )
    )


async def get_payment(session: AsyncSession, payment_id: UUID, caller: Caller) -> Payment:
    """Answer a visible payment, or raise NotFound."""
    payment = await session.scalar(visible_payments(caller).where(Payment.id == payment_id))
    if payment is None:
        raise NotFound
    return payment


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
