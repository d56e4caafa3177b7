"""Web forms."""

from typing import Final
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, Ownership, visible
from intake.models import WebForm
from intake.queries.locking import lock_one

OPEN_FORM: Final = select(WebForm).where(
    WebForm.token == bindparam("token"), WebForm.active, WebForm.deleted_at.is_(None)
)
NOBODY = literal(None, Uuid())
"""Forms have no owner: a right reaches them by their department."""


def visible_forms(caller: Caller, right: str) -> Select[WebForm]:
    """Select the forms a right reaches; a form of no department is everybody's."""
    reached = visible(caller, right, Ownership(NOBODY, department=WebForm.department_id))
    return select(WebForm).where(
        or_(reached, WebForm.department_id.is_(None)), WebForm.deleted_at.is_(None)
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
