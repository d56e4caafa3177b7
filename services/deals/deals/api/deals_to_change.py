"""The deal an endpoint changes: visible, locked until the commit, at the expected version.

    async def win(caller: DealsCloser, deal: DealToClose, ...)

The caller's right must reach this deal: one that is visible and out of reach answers 403.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends

from chassis.auth import Authenticated
from chassis.http.unit import IfMatch, WriteSession, expect_version
from deals.models import Deal
from deals.queries.deals import lock_deal


def _within(right: str) -> Callable[..., Coroutine[Any, Any, Deal]]:
    async def locked(
        deal_id: UUID, session: WriteSession, caller: Authenticated, if_match: IfMatch
    ) -> Deal:
        deal = await lock_deal(session, deal_id, caller)
        expect_version(deal.version, if_match)
        caller.require(right, deal)
        return deal

    return locked


DealToChange = Annotated[Deal, Depends(_within("deals.deal.change"))]
DealToDelete = Annotated[Deal, Depends(_within("deals.deal.delete"))]
DealToMove = Annotated[Deal, Depends(_within("deals.deal.move"))]
DealToClose = Annotated[Deal, Depends(_within("deals.deal.close"))]
DealToReopen = Annotated[Deal, Depends(_within("deals.deal.reopen"))]
