"""Files sent to the API: in a form, or as plain CSV where nothing has to be said beside them.

    mapped: Annotated[UploadedFile, Depends(upload("mapping"))]     # the form's other fields
    CsvOrForm                                                       # a file alone

Endpoints ask for their caller first, so that nobody's file is read in vain.
"""

from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from kernel.errors import FieldError, UnsupportedMedia, all_invalid, invalid
from kernel.text import clean

MOST_NAME = 255
FORM = "multipart/form-data"
CSV = "text/csv"


@dataclass(frozen=True)
class UploadedFile:
    """A file and the form fields sent beside it."""

    name: str
    content: bytes
    fields: dict[str, str]

    def text(self) -> str:
        """Answer the content as text.

        Raises:
            Invalid: it is not UTF-8, or empty.
        """
        try:
            text = self.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise invalid("file", "should be text in UTF-8", "file_not_utf8") from None
        if not text.strip():
            raise invalid("file", "is empty", "file_empty")
        return text


def upload(*fields: str) -> Callable[[Request], Coroutine[Any, Any, UploadedFile]]:
    """Make the dependency that reads a file from a form, which may have these fields beside it.

    Without fields there is nothing to say beside the file, which may then also be the whole body.
    """

    async def read(request: Request) -> UploadedFile:
        """Read the file a request carries.

        Raises:
            UnsupportedMedia: the body is of another type.
            Invalid: the form has no file, or fields that nobody reads.
        """
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        content = await request.body()  # kept by the request, for the Idempotency-Key to look at
        if media == CSV and not fields:
            return UploadedFile("body.csv", content, {})
        if media != FORM:
            raise UnsupportedMedia(f"Send the file as {FORM}{'' if fields else f' or {CSV}'}.")
        async with request.form(max_files=1, max_fields=10) as form:
            _refuse_odd_fields(form, fields)
            file: Any = form["file"]
            texts = {name: str(form[name]) for name in fields if name in form}
            return UploadedFile(_display_name(file.filename), await file.read(), texts)

    return read


def _refuse_odd_fields(form: FormData, fields: tuple[str, ...]) -> None:
    """Refuse a form without its file, what nobody reads, and what is there twice."""
    if not isinstance(form.get("file"), UploadFile):
        raise invalid("file", "is missing", "file_required")
    times = Counter(name for name, _ in form.multi_items())
    errors = [
        FieldError(f"/{name[:100]}", "extra_forbidden", "there is no such field")
        for name in times
        if name not in ("file", *fields)
    ]
    errors += [
        FieldError(f"/{name}", "field_repeated", "give this field once")
        for name in ("file", *fields)
        if times[name] > 1
    ]
    if errors:
        raise all_invalid(errors)


def _display_name(name: str | None) -> str:
    """Answer a file's name without folders and without what could deceive."""
    last = (name or "").replace("\\", "/").rpartition("/")[2][:MOST_NAME]
    try:
        return clean(last, MOST_NAME) or "file"
    except ValueError:
        return "file"


CsvOrForm = Annotated[UploadedFile, Depends(upload())]


def described(*, needed: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    """Describe for OpenAPI what `upload` reads: `fields` are schemas of the JSON in the fields."""
    written = {
        name: {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
        for name, schema in fields.items()
    }
    form = {
        "type": "object",
        "required": ["file", *needed],
        "properties": {"file": {"type": "string", "format": "binary"}, **written},
        "additionalProperties": False,
    }
    plain = {} if fields else {CSV: {"schema": {"type": "string"}}}
    content = {FORM: {"schema": form}, **plain}
    return {"requestBody": {"required": True, "content": content}}
