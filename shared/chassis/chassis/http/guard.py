"""The outermost layer of every app, as pure ASGI: nothing escapes, everything is measured.

An exception that reached uvicorn would break the next request on a pooled connection, so it ends
here. So does a request that takes too long. Each request gets a correlation id and a metric.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes
from uuid import UUID

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import metrics
from chassis.http.problems import on_unexpected, problem_response
from kernel.errors import (
    FieldError,
    Malformed,
    Problem,
    TooLarge,
    Unavailable,
    UnsupportedMedia,
    all_invalid,
)
from kernel.ids import uuid7

CORRELATION_HEADER = b"x-correlation-id"
MAX_URL_BYTES = 8192
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

log = structlog.get_logger()


class Guard:
    """Wraps an app. `seconds` is the longest a request may take, `body_limits` bytes by prefix."""

    def __init__(
        self, app: ASGIApp, service: str, seconds: float, body_limits: Mapping[str, int]
    ) -> None:
        self._app, self._service, self._seconds = app, service, seconds
        self._body_limits = body_limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = _correlation_id(scope)
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        started = time.perf_counter()
        status = 500
        begun = False

        async def watched_send(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                header = (CORRELATION_HEADER, str(correlation_id).encode())
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        with structlog.contextvars.bound_contextvars(correlation_id=str(correlation_id)):
            try:
                await self._answer(scope, receive, watched_send)
            except Exception as error:
                if begun:  # half an answer is out; only cutting the connection tells the truth
                    raise
                response = on_unexpected(Request(scope), error)
                await response(scope, receive, watched_send)
            finally:
                self._measure(scope, status, time.perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._body_limit(scope["path"])
        problem = _in_address(scope) or _in_headers(scope, limit)
        if problem:
            await problem_response(problem)(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                await self._app(scope, _limited(receive, limit), send)
        except TimeoutError:
            late = Unavailable("The request took too long.", code="timeout", retry_after=5)
            await problem_response(late)(scope, receive, send)

    def _body_limit(self, path: str) -> int:
        prefix = max((prefix for prefix in self._body_limits if path.startswith(prefix)), key=len)
        return self._body_limits[prefix]

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        route: Any = scope.get("route")
        path = getattr(route, "path_format", None) or getattr(route, "path", "unmatched")
        metrics.http_requests.labels(self._service, scope["method"], path, status).inc()
        metrics.http_seconds.labels(self._service, scope["method"], path).observe(seconds)


def _in_address(scope: Scope) -> Problem | None:
    """Answer what is wrong with an address that nothing behind the guard could read safely."""
    path, query = scope.get("raw_path") or b"", scope["query_string"]
    if len(path) + len(query) > MAX_URL_BYTES:
        return Malformed("The address is too long.")
    if not (_is_text(path) and _is_text(query)):
        return Malformed("The address is not valid UTF-8.")
    if b"\x00" in unquote_to_bytes(path):
        return _nul_in("path")
    if b"\x00" in unquote_to_bytes(query):
        pairs = parse_qsl(query.decode(), keep_blank_values=True)
        name = next(name for name, value in pairs if "\0" in name + value)
        return _nul_in(f"query/{name[:100]}")
    return None


def _nul_in(place: str) -> Problem:
    return all_invalid([FieldError(place, "text_control_character", "contains NUL")])


def _in_headers(scope: Scope, limit: int) -> Problem | None:
    """Answer what is wrong with a body, as far as its headers tell."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            return TooLarge(f"At most {limit} bytes.")
        if name == b"content-encoding" and value.lower() not in (b"", b"identity"):
            return UnsupportedMedia("Send the body as it is, without Content-Encoding.")
    return None


def _limited(receive: Receive, limit: int) -> Receive:
    """Count what comes in, for a body that did not announce its size."""
    received = 0

    async def receive_some() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:  # FastAPI lets only its own exception through while reading a body
            raise HTTPException(TooLarge.status, f"At most {limit} bytes.")
        return message

    return receive_some


def _correlation_id(scope: Scope) -> UUID:
    """Keep the caller's id if it is a UUID, else make one."""
    for name, value in scope["headers"]:
        if name == CORRELATION_HEADER:
            text = value.decode("latin-1").lower()
            if _UUID.fullmatch(text):
                return UUID(text)
    return uuid7()


def _is_text(part: bytes) -> bool:
    try:
        unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        return False
    return True
