"""The API described: one OpenAPI document of all services, and a page to read it (GAT-011).

The page asks nothing of other hosts; Swagger UI comes with the package fastapi-offline.
"""

import time
from importlib.resources import files
from typing import Any, Final

import orjson
import structlog
from fastapi import APIRouter, Request, Response

from gateway.domain.forwarding import Target
from gateway.domain.openapi import Document, merged
from kernel.errors import NotFound, Unavailable

KEEP_SECONDS = 300.0
CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
PARTS: Final = {
    "docs.js": ("gateway.api", "pages", "text/javascript"),
    "swagger-ui-bundle.js": ("fastapi_offline", "static", "text/javascript"),
    "swagger-ui.css": ("fastapi_offline", "static", "text/css"),
}

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()


class Described:
    """The merged document, kept for a while once it is complete."""

    def __init__(self, upstreams: dict[str, Any]) -> None:
        self._upstreams = upstreams
        self._kept: tuple[bytes, float] = (b"", 0.0)

    async def document(self) -> bytes:
        """Answer the document as JSON; a service that is down is missing in it."""
        kept, made = self._kept
        if kept and time.monotonic() - made < KEEP_SECONDS:
            return kept
        documents: dict[str, Document] = {}
        for service, upstream in self._upstreams.items():
            try:
                documents[service] = await upstream.openapi()
            except Unavailable:
                log.warning("openapi.incomplete", service=service)
        whole = orjson.dumps(merged(documents, _is_public))
        if len(documents) == len(self._upstreams):
            self._kept = (whole, time.monotonic())
        return whole


def _is_public(service: str, path: str) -> bool:
    target = Target(service, path, path.encode())
    return target.is_public or target.is_logout


@router.get("/api/v1/openapi.json")
async def read_openapi(request: Request) -> Response:
    """Answer the description of every service's API."""
    described: Described = request.app.state.described
    return Response(await described.document(), media_type="application/json")


@router.get("/docs")
async def read_docs() -> Response:
    """Answer the page that shows the API."""
    page = files("gateway.api").joinpath("pages", "docs.html").read_bytes()
    return Response(page, media_type="text/html; charset=utf-8", headers=HEADERS)


@router.get("/docs/{name}")
async def read_docs_part(name: str) -> Response:
    """Answer a script or style of the page."""
    if name not in PARTS:
        raise NotFound
    package, folder, media_type = PARTS[name]
    content = files(package).joinpath(folder, name).read_bytes()
    return Response(content, media_type=media_type, headers=HEADERS)
