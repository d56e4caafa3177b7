"""Changing web forms, and what comes in through them (INT-003, INT-013, INT-022)."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from intake.commands.changes import edit, remove, revive, start
from intake.commands.receive import receive
from intake.domain.person_names import split_name
from intake.models import DepartmentReplica, Request, WebForm
from intake.queries.dictionaries import check_source
from intake.queries.people import is_active_group
from intake.queries.removed import need_source
from intake.queries.web_forms import find_form_to_submit
from kernel.errors import NotFound, invalid
from kernel.ids import uuid7

TOKEN_BYTES: Final = 16


async def submit(session: AsyncSession, token: str, submission: Mapping[str, Any]) -> Request:
    """Make a request of what a visitor filled in.

    Raises:
        NotFound: no active form has the token.
    """
    found = await find_form_to_submit(session, token)
    if found is None:
        raise NotFound
    form, source_id = found
    request = Request(
        channel="form",
        subject=submission["subject"],
        description=submission.get("message"),
        **split_name(submission["name"]).columns(),
        email=submission.get("email"),
        phone=submission.get("phone"),
        company_name=submission.get("company"),
        website=submission.get("website"),
        country=submission.get("country"),
        city=submission.get("city"),
        source_id=source_id,
        department_id=form.department_id,
        team_id=form.team_id,
    )
    await receive(session, request)
    return request


async def copy_form(session: AsyncSession, form: WebForm, name: str, **other: Any) -> WebForm:
    """Make a form like another one, but for its name and `other`, under a token of its own."""
    same = ("source_id", "department_id", "team_id", "active")
    values = {column: getattr(form, column) for column in same} | other
    copy = WebForm(id=uuid7(), name=name, token=new_token(), **values)
    start(session, copy)
    copy.version = 1
    return copy


async def edit_form(session: AsyncSession, form: WebForm, changes: Mapping[str, Any]) -> None:
    """Change a locked form.

    Raises:
        Invalid: the source or department is unknown.
    """
    await check_source(session, changes.get("source_id"))
    department_id = changes.get("department_id")
    if department_id and not await is_active_group(session, DepartmentReplica, department_id):
        raise invalid("department_id", "is no active department", "department_unknown")
    if edit(session, form, changes):
        form.version += 1


def delete_form(session: AsyncSession, form: WebForm) -> None:
    """Remove a locked form; what came in through it stays."""
    remove(session, form)
    form.version += 1


async def restore_form(session: AsyncSession, form: WebForm) -> None:
    """Bring a locked, deleted form back, under the token it had.

    Raises:
        Conflict: its source was deleted.
    """
    await need_source(session, form.source_id)
    revive(session, form)
    form.version += 1


def new_token() -> str:
    """Make the token of a form."""
    return secrets.token_urlsafe(TOKEN_BYTES)
