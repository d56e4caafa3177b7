"""When somebody last wrote to a lead, or heard from it (INT-080)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.vocabulary import Ref
from intake.models import Lead, Request
from kernel import clock


async def note_contact(session: AsyncSession, records: Iterable[Ref], at: datetime) -> None:
    """Keep the day of the latest letter at the leads, and at the leads of the requests.

    Like a count, the day is no field that people edit: it makes no new version of the lead.
    """
    ids = {kind: [ref.id for ref in records if ref.kind == kind] for kind in ("lead", "request")}
    if not any(ids.values()):
        return
    day = at.astimezone(clock.zone()).date()
    asked = select(Request.lead_id).where(Request.id.in_(ids["request"]))
    query = update(Lead).where(
        or_(Lead.id.in_(ids["lead"]), Lead.id.in_(asked)),
        or_(Lead.was_in_touch.is_(None), Lead.was_in_touch < day),
    )
    await session.execute(query.values(was_in_touch=day))
