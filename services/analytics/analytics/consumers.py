"""What analytics hears: everything, in batches."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.commands.facts import apply_events
from chassis.subscriptions import Subscription
from contracts.event import Envelope

SUBSCRIPTION = Subscription("analytics", "facts", batch=500, chunk=500)


@SUBSCRIPTION.on_batch("#")
async def keep_facts(session: AsyncSession, envelopes: Sequence[Envelope]) -> None:
    """Log what was said and carry the facts on."""
    await apply_events(session, envelopes)
