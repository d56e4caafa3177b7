"""Tells once that a deal is paid, until it falls below its amount again (DEA-096)."""

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.deals import DealPaidInFull
from deals import events
from deals.commands.changes import say
from deals.domain.amounts import summed
from deals.models import Deal
from deals.queries.payments import find_figures


async def settle_paid_in_full(session: AsyncSession, deal: Deal) -> None:
    """Compare a locked deal's received payments with its amount."""
    await session.flush()
    figures = await find_figures(session, deal)
    reached = deal.amount > 0 and figures.paid >= deal.amount
    if reached and not deal.is_paid_in_full:
        paid = summed(figures.paid, deal.currency)
        event = DealPaidInFull(deal_id=deal.id, paid=paid, amount=events.deal_amount(deal))
        say(session, deal, event)
    deal.is_paid_in_full = reached
