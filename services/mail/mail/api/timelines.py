"""Who changed a record, when, how and what (GAT-017)."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from chassis.http.schemas import Output
from kernel.pages import Page

ENTRIES: Final = 20

After = Annotated[UUID | None, Query(alias="cursor", description="The next_cursor before.")]


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
    session: AsyncSession, entity: str, record_id: UUID, after: UUID | None
) -> Page[EntryOut]:
    """Answer twenty changes of a record, newest first."""
    rows = await audit.timeline(session, entity, record_id, before=after, limit=ENTRIES + 1)
    items = [EntryOut.model_validate(row) for row in rows[:ENTRIES]]
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > ENTRIES else None)
