"""What a caller may see of deals; every read of them starts here."""

from functools import lru_cache
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, Ownership, visible
from chassis.database import there
from deals.models import Deal
from kernel.errors import NotFound

deal = Deal.__table__.c  # plain columns: lists that use nothing else skip the ORM's work
OWNERSHIP = Ownership(deal.owner_id, deal.co_owner_id, deal.team_id, deal.department_id)
VIEW = "deals.deal.view"


@lru_cache(maxsize=1024)
def seen_by(caller: Caller, right: str = VIEW) -> ColumnElement[bool]:
    """Answer the condition for the deals that are there and that `right` reaches.

    It is built once per caller, who is the same object for as long as the token is good.
    """
    return and_(there(deal), visible(caller, right, OWNERSHIP))


def visible_deals(caller: Caller, right: str = VIEW) -> Select[Deal]:
    """Select the deals the caller may see."""
    return select(Deal).where(seen_by(caller, right))


async def get_deal(session: AsyncSession, deal_id: UUID, caller: Caller) -> Deal:
    """Answer a visible deal, or raise NotFound."""
    return _found(await session.scalar(visible_deals(caller).where(Deal.id == deal_id)))


async def lock_deal(session: AsyncSession, deal_id: UUID, caller: Caller) -> Deal:
    """Answer a visible deal that nobody else can change until the commit, or raise NotFound."""
    query = visible_deals(caller).where(Deal.id == deal_id).with_for_update()
    return _found(await session.scalar(query))


def _found(found: Deal | None) -> Deal:
    if found is None:
        raise NotFound
    return found
