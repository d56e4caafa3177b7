"""Web forms, for those who set them up."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.http.paging import Order, Paging
from chassis.http.removal import Deleted
from chassis.http.schemas import Flag, Input
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from intake.api.answers import answer_page
from intake.api.callers import FormManager, FormReader
from intake.api.records import RecordOut
from intake.commands import web_forms as commands
from intake.models import WebForm
from intake.queries.directory import get_row
from intake.queries.removed import lock_removed
from intake.queries.web_forms import lock_form, visible_forms
from kernel.pages import Page
from kernel.text import Line

router = APIRouter(prefix="/web-forms", tags=["web-forms"], route_class=Route)
ORDER = Order({"name": WebForm.name, "created_at": WebForm.created_at}, "name", WebForm.id)
FormName = Annotated[str, Line(100)]


class FormPatch(Input):
    """The fields of a form that can be changed."""

    name: FormName = ""
    source_id: UUID | None = None
    department_id: UUID | None = None
    active: Flag = True


class FormCopy(Input):
    """The name of the copy."""

    name: FormName


class FormOut(RecordOut):
    """A form and the token under which visitors reach it."""

    name: str
    token: str
    source_id: UUID | None
    department_id: UUID | None
    active: bool


@router.get("")
async def list_web_forms(
    *, session: ReadSession, caller: FormReader, paging: Paging, deleted: Deleted = False
) -> Page[FormOut]:
    """List the forms of the caller's departments, with their tokens."""
    if deleted:
        caller.require_everywhere("intake.web_form.manage")
    query = visible_forms(caller, "intake.web_form.view", deleted=deleted)
    return await answer_page(session, query, ORDER, paging, FormOut.model_validate)


@router.get("/{form_id}")
async def read_form(
    form_id: UUID, response: Response, session: ReadSession, caller: FormReader
) -> FormOut:
    """Answer a form with its token."""
    form = (await get_row(session, visible_forms(caller, "intake.web_form.view"), form_id))[0]
    tag(response, form.version)
    return FormOut.model_validate(form)


@router.patch("/{form_id}")
async def change_form(
    *,
    form_id: UUID,
    body: FormPatch,
    response: Response,
    session: WriteSession,
    caller: FormManager,
    if_match: IfMatch,
) -> FormOut:
    """Change what a form's submissions belong to, or switch it on or off."""
    form = await lock_form(session, form_id, caller)
    expect_version(form.version, if_match)
    await commands.edit_form(session, form, body.given())
    tag(response, form.version)
    return FormOut.model_validate(form)


@router.post("/{form_id}/copy", status_code=201)
async def copy_form(
    form_id: UUID, body: FormCopy, response: Response, session: WriteSession, caller: FormManager
) -> FormOut:
    """Make a form like this one, with a token of its own."""
    form = await lock_form(session, form_id, caller)
    copy = await commands.copy_form(session, form, body.name)
    response.headers["Location"] = f"/v1/web-forms/{copy.id}"
    tag(response, copy.version)
    return FormOut.model_validate(copy)


@router.delete("/{form_id}", status_code=204)
async def delete_form(
    form_id: UUID, session: WriteSession, caller: FormManager, if_match: IfMatch
) -> Response:
    """Remove a form: its page and its token are no longer known."""
    form = await lock_form(session, form_id, caller)
    expect_version(form.version, if_match)
    commands.delete_form(session, form)
    return Response(status_code=204)


@router.post("/{form_id}/restore")
async def restore_form(
    form_id: UUID,
    response: Response,
    session: WriteSession,
    caller: FormManager,
    if_match: IfMatch,
) -> FormOut:
    """Bring a deleted form back, under the token it had; for those who may manage any."""
    caller.require_everywhere("intake.web_form.manage")
    form = await lock_removed(session, WebForm, form_id)
    expect_version(form.version, if_match)
    await commands.restore_form(session, form)
    tag(response, form.version)
    return FormOut.model_validate(form)
