"""Who changed a record, when, how and what, as every record's timeline answers it (GAT-017).

@router.get("/{lead_id}/timeline")
async def read_timeline(..., asked: Stretch) -> Page[Entry]:
    await get_lead_row(session, lead_id, caller)  # the timeline is as visible as its record
    return await timeline_page(session, "lead", lead_id, asked)
"""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, optional_caller
from chassis.http.paging import LARGEST_LIMIT, MAX_CURSOR, Order, PageQuery, asked_of, fetch_page
from chassis.http.schemas import Output
from chassis.tables import audit_entry
from kernel.pages import Page

ENTRIES: Final = 20
ORDER: Final = Order({"id": audit_entry.c.id}, "-id", audit_entry.c.id)
"""Ids are UUIDv7: in the order of time, and never equal."""


class Entry(Output):
    """One change: `changes` holds the old and the new value of each field."""

    id: UUID
    at: datetime
    action: str
    way: str
    actor: str
    actor_kind: str
    changes: dict[str, list[Any]]


async def stretch(
    request: Request,
    caller: Annotated[Caller | None, Depends(optional_caller)],
    limit: Annotated[int, Query(ge=1, le=LARGEST_LIMIT)] = ENTRIES,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
) -> PageQuery:
    """Read which entries are asked for."""
    return asked_of(request, caller, limit, cursor)


Stretch = Annotated[PageQuery, Depends(stretch)]


async def timeline_page(
    session: AsyncSession, entity: str, record_id: UUID, asked: PageQuery
) -> Page[Entry]:
    """Answer a page of a record's changes, newest first."""
    entries = select(audit_entry).where(
        audit_entry.c.entity == entity, audit_entry.c.record_id == record_id
    )
    page = await fetch_page(session, entries, ORDER, asked)
    items = [Entry.model_validate(row) for row in page.rows]
    return Page(items=items, next_cursor=page.next_cursor)
