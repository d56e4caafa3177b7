"""Who changed a record, when, how and what (GAT-017)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from chassis.http.schemas import Output
from kernel.pages import Page

ENTRIES = 20


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
    cursor: Annotated[UUID | None, Query(description="The next_cursor before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = ENTRIES,
) -> tuple[UUID | None, int]:
    """Read which entries are asked for: those before the cursor, and how many."""
    return cursor, limit


Stretch = Annotated[tuple[UUID | None, int], Depends(stretch)]


async def timeline_page(
    session: AsyncSession, entity: str, record_id: UUID, asked: tuple[UUID | None, int]
) -> Page[Entry]:
    """Answer a page of a record's changes, newest first."""
    before, limit = asked
    rows = await audit.timeline(session, entity, record_id, before=before, limit=limit + 1)
    items = [Entry.model_validate(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)
