"""Files sent to the API, as multipart/form-data or as a plain text/csv body."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from chassis.auth import Authenticated
from kernel.errors import UnsupportedMedia, invalid
from kernel.text import clean

MOST_NAME = 255


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


async def read_upload(request: Request, _: Authenticated) -> UploadedFile:
    """Read the file a request carries.

    Raises:
        UnsupportedMedia: the body is neither a form nor CSV.
        Invalid: the form has no file.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    content = await request.body()  # kept by the request, for the Idempotency-Key to look at
    if media == "text/csv":
        return UploadedFile("body.csv", content, {})
    if media != "multipart/form-data":
        raise UnsupportedMedia("Send the file as multipart/form-data or text/csv.")
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise invalid("file", "is missing", "file_required")
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return UploadedFile(_display_name(file.filename), await file.read(), fields)


def _display_name(name: str | None) -> str:
    """Answer a file's name without folders and without what could deceive."""
    last = (name or "").replace("\\", "/").rpartition("/")[2][:MOST_NAME]
    try:
        return clean(last, MOST_NAME) or "file"
    except ValueError:
        return "file"


Upload = Annotated[UploadedFile, Depends(read_upload)]

FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}
