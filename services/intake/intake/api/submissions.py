"""What visitors send: JSON from scripts, or the form a browser posts without any."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import unquote_to_bytes

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from starlette.exceptions import HTTPException

from chassis.http.problems import from_validation
from chassis.http.schemas import Input
from intake.api.fields import AsCountry, AsFirstName, AsPhone, AsWebsite
from intake.domain.refusals import refuse_wrong
from kernel.errors import FieldError, Invalid, Malformed, Problem, UnsupportedMedia
from kernel.text import Email, Line, Paragraphs

FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
MOST_FIELDS: Final = 50
MOST_FILES: Final = 10
"""No field takes a file; up to so many, each is named as what is wrong."""
LONG: Final = Line(200)
SHORT: Final = Line(40)


class Submission(Input):
    """What a visitor fills in (INT-014)."""

    name: Annotated[str, LONG, AsFirstName]
    subject: Annotated[str, LONG]
    email: Annotated[Email, Field(max_length=200)] | None = None
    phone: Annotated[str, LONG, AsPhone] | None = None
    message: Annotated[str, Paragraphs(10_000)] | None = None
    company: Annotated[str, LONG] | None = None
    website: Annotated[str, LONG, AsWebsite] | None = None
    country: Annotated[str, SHORT, AsCountry] | None = None
    city: Annotated[str, SHORT] | None = None


async def read_submission(request: Request) -> Submission:
    """Read and check a submission.

    Raises:
        Invalid: with one entry per wrong field.
        Malformed: the body cannot be read.
        UnsupportedMedia: the body is neither JSON nor a form.
    """
    fields = await _fields(request)
    filled = {name: value for name, value in fields.items() if not _is_blank(value)}
    errors: tuple[FieldError, ...] = ()
    try:
        submission = Submission.model_validate(filled)
    except ValidationError as error:
        located = [{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors()]
        errors = from_validation(RequestValidationError(located)).errors
    if "email" not in filled and "phone" not in filled:
        message = "Give an e-mail address or a phone number"
        errors = (*errors, FieldError("/email", "email_or_phone", message))
    refuse_wrong(errors)
    return submission


def is_form_post(request: Request) -> bool:
    """Answer whether a browser sent this as a form."""
    return _media_type(request) in FORM_TYPES


async def _fields(request: Request) -> Mapping[str, Any]:
    if is_form_post(request):
        return await _form_fields(request)
    if _media_type(request) != "application/json":
        raise UnsupportedMedia("Send JSON or a form.")
    try:
        body = await request.json() if await request.body() else None
    except ValueError as error:
        raise Malformed("The body is not valid JSON.", code="json_invalid") from error
    if not isinstance(body, dict):
        raise Invalid("The body should be an object.", errors=(_NO_OBJECT,))
    return body


_NO_OBJECT: Final = FieldError("", "model_type", "Input should be an object")


async def _form_fields(request: Request) -> Mapping[str, Any]:
    body = await request.body()
    if not _is_utf8(body if _is_multipart(request) else unquote_to_bytes(body)):
        raise Malformed("The form is not in UTF-8.", code="form_not_utf8")
    try:
        async with request.form(max_fields=MOST_FIELDS, max_files=MOST_FILES) as form:
            items = form.multi_items()
    except HTTPException as error:
        raise _refused(str(error.detail)) from error
    if len({name for name, _ in items}) != len(items):
        raise Malformed("A field occurs twice.", code="field_repeated")
    return dict(items)


def _refused(reason: str) -> Problem:
    """Tell what the parser found too much of, which it only says in words."""
    if reason.startswith("Too many fields"):
        error = FieldError("", "too_many_fields", f"A form has at most {MOST_FIELDS} fields")
    elif reason.startswith("Too many files"):
        error = FieldError("", "too_many_files", f"A form has at most {MOST_FILES} files")
    else:
        return Malformed("The form cannot be read.")
    return Invalid(error.message, errors=(error,))


def _is_multipart(request: Request) -> bool:
    return _media_type(request) == FORM_TYPES[1]


def _is_utf8(text: bytes) -> bool:
    """Ask before the form's parser does, which would put replacement characters."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
