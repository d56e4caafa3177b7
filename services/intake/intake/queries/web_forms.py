"""Web forms."""

from typing import Final
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, bindparam, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, Ownership, visible
from chassis.database import there
from intake.models import LeadSource, WebForm
from intake.queries.locking import lock_one

OPEN_FORM: Final = select(WebForm).where(
    WebForm.token == bindparam("token"), WebForm.active, WebForm.deleted_at.is_(None)
)
HELD_SOURCE = select(LeadSource.id).where(
    LeadSource.id == WebForm.source_id, LeadSource.deleted_at.is_(None)
)
OPEN_FORM_TO_SUBMIT: Final = OPEN_FORM.add_columns(
    HELD_SOURCE.with_for_update(read=True, key_share=True).scalar_subquery()
)
NOBODY = literal(None, Uuid())
"""Forms have no owner: a right reaches them by their department."""


def visible_forms(caller: Caller, right: str, *, deleted: bool = False) -> Select[WebForm]:
    """Select the live or deleted forms a right reaches; one of no department is everybody's."""
    reached = visible(caller, right, Ownership(NOBODY, department=WebForm.department_id))
    return select(WebForm).where(
        or_(reached, WebForm.department_id.is_(None)), there(WebForm, deleted=deleted)
    )


async def lock_form(session: AsyncSession, form_id: UUID, caller: Caller) -> WebForm:
    """Answer a form the caller manages, locked for a change.

    Raises:
        NotFound: there is none, or the caller does not manage it.
    """
    managed = visible_forms(caller, "intake.web_form.manage")
    return await lock_one(session, managed.where(WebForm.id == form_id))


async def find_open_form(session: AsyncSession, token: str) -> WebForm | None:
    """Answer the active form with this token."""
    return (await session.scalars(OPEN_FORM, {"token": token})).one_or_none()


async def find_form_to_submit(
    session: AsyncSession, token: str
) -> Row[WebForm, UUID | None] | None:
    """Answer the active form with this token, and its source, not deleted before the commit."""
    return (await session.execute(OPEN_FORM_TO_SUBMIT, {"token": token})).one_or_none()
