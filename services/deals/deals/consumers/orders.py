"""Deals that intake asks for."""

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.subscriptions import Heard
from contracts import intake
from deals.commands import births
from deals.commands.replicas import keep
from deals.consumers.subscription import SUBSCRIPTION
from deals.models import Request


@SUBSCRIPTION.keeps(intake.DealRequested)
async def keep_description(session: AsyncSession, heard: Heard[intake.DealRequested]) -> None:
    """Keep what a request is about, which is told when a deal is asked for."""
    values = {"description": heard.event.description, "ticket": heard.event.ticket}
    await keep(session, heard, Request, values)


@SUBSCRIPTION.on(intake.DealRequested)
async def open_requested_deal(session: AsyncSession, heard: Heard[intake.DealRequested]) -> None:
    """A request for which a deal was asked becomes one (DEA-023)."""
    await births.open_requested_deal(session, heard.event)


@SUBSCRIPTION.on(intake.LeadPromoted)
async def open_promoted_deal(session: AsyncSession, heard: Heard[intake.LeadPromoted]) -> None:
    """A promoted lead becomes a deal (DEA-024)."""
    await births.open_promoted_deal(session, heard.event)


@SUBSCRIPTION.on(intake.LeadConverted)
async def open_converted_deal(session: AsyncSession, heard: Heard[intake.LeadConverted]) -> None:
    """A converted lead gets its deal, and its deals their customer (DEA-024)."""
    await births.open_converted_deal(session, heard.event)
