"""A lost deal's expected payments are cancelled, a reopened one's come back (DEA-062)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deals.commands.changes import say, stamp
from deals.commands.payments import note_payment
from deals.events import payment_changed, payment_state
from deals.models import Deal, Payment


async def cancel_expected_payments(session: AsyncSession, deal: Deal) -> None:
    """Take the payments that will not come out of the forecasts."""
    await _set_cancelled(session, deal, cancelled=True)


async def restore_expected_payments(session: AsyncSession, deal: Deal) -> None:
    """Expect the cancelled payments again."""
    await _set_cancelled(session, deal, cancelled=False)


async def _set_cancelled(session: AsyncSession, deal: Deal, *, cancelled: bool) -> None:
    expected = (
        select(Payment)
        .where(
            Payment.deal_id == deal.id,
            Payment.deleted_at.is_(None),
            Payment.status != "received",
            Payment.is_cancelled.is_not(cancelled),
        )
        .order_by(Payment.id)
        .with_for_update()
    )
    for payment in await session.scalars(expected):
        old = payment_state(payment)
        payment.is_cancelled = cancelled
        stamp(session, payment)
        say(session, payment, payment_changed(payment, old))
        change = {"status": (old.status, payment_state(payment).status)}
        note_payment(session, payment, "payment_changed", change)
