"""What a copied department gets of its original's: sources and forms (INT-022, GAT-033)."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from intake.commands.changes import say, start
from intake.commands.web_forms import copy_form
from intake.events.dictionaries import lead_source_defined
from intake.models import LeadSource, WebForm
from kernel.ids import uuid7

EntryT = TypeVar("EntryT", LeadSource, WebForm)


async def copy_dictionaries(session: AsyncSession, original_id: UUID, copy_id: UUID) -> None:
    """Give a department that was just made the entries of another one.

    A form's copy has a token of its own, and the copied source if its source belonged to the
    original alone.
    """
    sources: dict[UUID | None, UUID] = {
        source.id: await _copy_source(session, source, copy_id)
        for source in await _entries_of(session, LeadSource, original_id)
    }
    for form in await _entries_of(session, WebForm, original_id):
        await copy_form(
            session,
            form,
            form.name,
            department_id=copy_id,
            team_id=None,
            source_id=sources.get(form.source_id, form.source_id),
        )


async def _entries_of(
    session: AsyncSession, table: type[EntryT], department_id: UUID
) -> list[EntryT]:
    """Answer the entries of a department; they keep what they name until the commit."""
    entries = select(table).where(table.department_id == department_id, table.deleted_at.is_(None))
    return list(await session.scalars(entries.order_by(table.id).with_for_update(read=True)))


async def _copy_source(session: AsyncSession, source: LeadSource, department_id: UUID) -> UUID:
    copy = LeadSource(
        id=uuid7(),
        name=source.name,
        name_key=source.name_key,
        department_id=department_id,
        active=source.active,
    )
    start(session, copy)
    say(session, copy, lead_source_defined(copy))
    return copy.id
