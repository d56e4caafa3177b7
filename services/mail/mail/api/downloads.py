"""Files that anybody may have written: they are saved, never shown or run (MAI-012, MAI-036)."""

from typing import Final
from urllib.parse import quote

from fastapi import Response

ANY_TYPE: Final = "application/octet-stream"
HARMLESS: Final = frozenset(
    {"application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp"}
)
"""The types that are told as they are; no browser runs anything in them."""


def file_answer(content: bytes, name: str, media_type: str) -> Response:
    """Answer a file to be saved under a name, which may hold anything (RFC 6266)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " .-_") else "_" for c in name)
    exact = quote(name, safe="")
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, media_type=media_type, headers=headers)
