"""Closes and reopens a deal by its closing reason (DEA-056)."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from deals.commands.deals import set_fields
from deals.commands.outcome import Actor, close_deal, reopen_deal
from deals.domain.outcome import Outcome, Why
from deals.models import ClosingReason, Deal
from deals.queries.pipelines import closing_reasons
from kernel.errors import invalid


async def change_reason(
    session: AsyncSession, deal: Deal, given: Mapping[str, Any], actor: Actor
) -> None:
    """Set or clear the closing reason of a locked deal, and its note.

    Raises:
        Invalid: the reason is not offered, or an open deal gets a note alone.
    """
    if given.get("reason_id") is not None:
        await _close_for(session, deal, Why(given["reason_id"], given.get("note")), actor)
    elif "reason_id" in given:
        if deal.status != "open":
            await reopen_deal(session, deal, None, actor)
    elif deal.status == "open":
        raise invalid("note", "belongs to a closed deal; give its closing reason too")
    else:
        await set_fields(session, deal, {"note": given["note"]})


async def _close_for(session: AsyncSession, deal: Deal, why: Why, actor: Actor) -> None:
    reason = await session.scalar(closing_reasons().where(ClosingReason.id == why.reason_id))
    if reason is None or not reason.is_active:
        raise invalid("closing_reason", "is not among the reasons offered", "reason_unknown")
    if deal.status == reason.outcome:
        actor.require("close", deal)
        given = {"reason_id": why.reason_id} | ({"note": why.note} if why.note else {})
        await set_fields(session, deal, given)
        return
    await close_deal(session, deal, cast(Outcome, reason.outcome), actor, why)
