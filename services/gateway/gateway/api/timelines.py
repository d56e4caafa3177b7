"""Who changed a record, when, how and what (GAT-017)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from chassis.http.schemas import Output
from kernel.pages import Page

PAGE = 20

Before = Annotated[UUID | None, Query(alias="cursor", description="From the page before.")]


class EntryOut(Output):
    """One change: `changes` holds the old and the new value of each field."""

    id: UUID
    at: datetime
    action: str
    way: str
    actor: str
    actor_kind: str
    changes: dict[str, list[Any]]


async def timeline_page(
    session: AsyncSession, entity: str, record_id: UUID, before: UUID | None
) -> Page[EntryOut]:
    """Answer a page of a record's changes, newest first."""
    entries = await audit.timeline(session, entity, record_id, before=before, limit=PAGE + 1)
    items = [EntryOut.model_validate(entry) for entry in entries[:PAGE]]
    cursor = str(items[-1].id) if len(entries) > PAGE else None
    return Page(items=items, next_cursor=cursor)
