"""What somebody else has to take over from a user (GAT-030)."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.http.schemas import Output
from chassis.http.unit import ReadSession, Route
from gateway.api.callers import UserManager
from gateway.queries.known_records import records_of_owner
from gateway.queries.users import get_visible_user, headed_by, team_ids_of

router = APIRouter(prefix="/users", tags=["users"], route_class=Route)

LISTS: Final = {
    "request": "/api/v1/intake/requests?state=pending&state=validated&owner_id={}",
    "lead": "/api/v1/intake/leads?owner_id={}",
    "company": "/api/v1/intake/companies?owner_id={}",
    "contact": "/api/v1/intake/contacts?owner_id={}",
    "customer": "/api/v1/intake/customers?owner_id={}",
    "deal": "/api/v1/deals/deals?status=open&owner={}",
    "mailbox": "/api/v1/mail/mailboxes",
}
"""Where the records of each kind are listed; of mailboxes there are few."""


class Owned(Output):
    """Records of one kind that the user owns: requests and deals that are open, others if there."""

    kind: str
    count: int
    address: Annotated[str, Field(description="Where they are listed.")]


class HandOver(Output):
    """The offices and records of a user that somebody else has to take over."""

    heads_department_ids: list[UUID]
    in_team_ids: list[UUID]
    records: list[Owned]


async def to_hand_over(session: AsyncSession, user_id: UUID) -> HandOver:
    """Collect what a user leaves behind."""
    counts = await records_of_owner(session, user_id, LISTS)
    return HandOver(
        heads_department_ids=list(await headed_by(session, user_id)),
        in_team_ids=list((await team_ids_of(session, {user_id}))[user_id]),
        records=[
            Owned(kind=kind, count=counts[kind], address=address.format(user_id))
            for kind, address in LISTS.items()
            if kind in counts
        ],
    )


@router.get("/{user_id}/hand-over")
async def read_hand_over(user_id: UUID, session: ReadSession, caller: UserManager) -> HandOver:
    """Answer what somebody else would have to take over."""
    await get_visible_user(session, caller, user_id)
    return await to_hand_over(session, user_id)
