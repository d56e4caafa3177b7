"""Leads as callers may see them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from chassis.auth import Caller, Ownership, visible
from chassis.database import there
from intake.models import DealReplica, Lead, LeadSource, LeadStatus, Request, UserReplica
from intake.queries import requests
from intake.queries.locking import lock_one
from kernel.errors import NotFound
from kernel.text import email_key

MOST_REQUESTS = 200
BY_EMAIL: Final = select(Lead).where(Lead.email_key == bindparam("key"), Lead.deleted_at.is_(None))
OWNERSHIP = Ownership(Lead.owner_id, Lead.co_owner_id, Lead.team_id, Lead.department_id)


def seen_by(caller: Caller, *, deleted: bool = False) -> ColumnElement[bool]:
    """Answer the condition for the live leads a caller may see, or for the deleted ones."""
    return visible(caller, "intake.lead.view", OWNERSHIP) & there(Lead, deleted=deleted)


def visible_leads(caller: Caller, *, deleted: bool = False) -> Select[Any]:
    """Select leads with `status`, `source`, `owner_name` and `client_requests`."""
    counted = aliased(Request)
    received = (
        select(func.count())
        .where(counted.lead_id == Lead.id, counted.deleted_at.is_(None))
        .correlate(Lead)
        .scalar_subquery()
    )
    return (
        select(
            Lead,
            LeadStatus,
            LeadSource.name.label("source_name"),
            UserReplica.name.label("owner_name"),
            received.label("client_requests"),
        )
        .join(LeadStatus, LeadStatus.id == Lead.status_id)
        .outerjoin(LeadSource, LeadSource.id == Lead.source_id)
        .outerjoin(UserReplica, UserReplica.id == Lead.owner_id)
        .where(seen_by(caller, deleted=deleted))
    )


async def get_lead_row(session: AsyncSession, lead_id: UUID, caller: Caller) -> Any:
    """Answer a visible lead as a row of `visible_leads`.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    row = (await session.execute(visible_leads(caller).where(Lead.id == lead_id))).one_or_none()
    if row is None:
        raise NotFound
    return row


async def lock_lead(session: AsyncSession, lead_id: UUID, caller: Caller) -> Lead:
    """Answer a visible lead, locked for a change.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    return await lock_one(session, select(Lead).where(Lead.id == lead_id, seen_by(caller)))


async def find_lead_by_email(session: AsyncSession, address: str) -> Lead | None:
    """Answer the live lead whose main address this is, letter case ignored."""
    found = await session.scalars(BY_EMAIL, {"key": email_key(address)})
    return found.one_or_none()


async def has_deals(session: AsyncSession, lead_id: UUID) -> bool:
    """Answer whether a deal that was not deleted names the lead."""
    deals = exists().where(DealReplica.lead_id == lead_id, DealReplica.deleted.is_(False))
    return bool(await session.scalar(select(deals)))


async def list_requests_of(
    session: AsyncSession, lead_id: UUID, caller: Caller
) -> Sequence[Request]:
    """Answer the latest requests of a lead, those it passed on when converted included."""
    query = select(Request).where(
        or_(Request.lead_id == lead_id, Request.former_lead_id == lead_id),
        requests.seen_by(caller),
    )
    newest = query.order_by(Request.received_at.desc(), Request.id.desc()).limit(MOST_REQUESTS)
    return (await session.scalars(newest)).all()


async def find_visible_lead(
    session: AsyncSession, lead_id: UUID | None, caller: Caller
) -> Lead | None:
    """Answer an unconverted lead a body names, if the caller may see it."""
    query = select(Lead).where(Lead.id == lead_id, seen_by(caller), Lead.converted_at.is_(None))
    return (await session.scalars(query)).one_or_none()
