"""Requests as callers may see them, and how many came from the same client."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, Ownership, visible
from chassis.database import there
from intake.models import Company, Contact, Lead, LeadSource, Request, UserReplica
from intake.queries.locking import lock_one
from kernel.errors import NotFound

OWNERSHIP = Ownership(Request.owner_id, Request.co_owner_id, Request.team_id, Request.department_id)


def seen_by(caller: Caller, *, deleted: bool = False) -> ColumnElement[bool]:
    """Answer the condition for the live requests a caller may see, or for the deleted ones."""
    return visible(caller, "intake.request.view", OWNERSHIP) & there(Request, deleted=deleted)


def visible_requests(caller: Caller, *, deleted: bool = False) -> Any:
    """Select requests with `client_owner_id`, who has the company, contact or lead (INT-034)."""
    client_owner = func.coalesce(Company.owner_id, Contact.owner_id, Lead.owner_id)
    return (
        select(
            Request,
            client_owner.label("client_owner_id"),
            Company.name.label("linked_company"),
            LeadSource.name.label("source_name"),
            UserReplica.name.label("owner_name"),
        )
        .outerjoin(Company, Company.id == Request.company_id)
        .outerjoin(Contact, Contact.id == Request.contact_id)
        .outerjoin(Lead, Lead.id == Request.lead_id)
        .outerjoin(LeadSource, LeadSource.id == Request.source_id)
        .outerjoin(UserReplica, UserReplica.id == Request.owner_id)
        .where(seen_by(caller, deleted=deleted))
    )


async def get_request_row(session: AsyncSession, request_id: UUID, caller: Caller) -> Any:
    """Answer a visible request as a row of `visible_requests`.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    query = visible_requests(caller).where(Request.id == request_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def lock_request(session: AsyncSession, request_id: UUID, caller: Caller) -> Request:
    """Answer a visible request, locked for a change.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    return await lock_one(session, select(Request).where(Request.id == request_id, seen_by(caller)))


async def count_from_clients(
    session: AsyncSession, client_ids: Iterable[UUID | None]
) -> Counter[UUID | None]:
    """Answer how many live requests came from each company, contact or lead (INT-044)."""
    query = (
        select(Request.client_id, func.count())
        .where(Request.client_id.in_(set(client_ids)), Request.deleted_at.is_(None))
        .group_by(Request.client_id)
    )
    counts: Counter[UUID | None] = Counter()
    for client_id, number in await session.execute(query):
        counts[client_id] = number
    return counts
