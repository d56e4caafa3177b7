"""A service behind the gateway: called as an ASGI app in this process, or over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import httpx2
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from kernel.errors import Unavailable

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 30.0
MOST_CONNECTIONS = 100
IDLE_SECONDS = 4.0
"""Shorter than servers keep a connection, which else might close it just as it is used."""
RETRY_AFTER = 2

NOT_CONNECTED = (httpx2.ConnectError, httpx2.ConnectTimeout)
CUT_OFF = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)


class Upstream(Protocol):
    """A service; called with a request's ASGI scope as the service shall see it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request.

        Raises:
            Unavailable: the service does not answer.
        """

    async def openapi(self) -> dict[str, Any]:
        """Answer the service's OpenAPI document.

        Raises:
            Unavailable: the service does not answer.
        """

    async def close(self) -> None:
        """Give connections back."""


class DirectUpstream:
    """A service in this process; its lifespan is entered by whoever made it."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def openapi(self) -> dict[str, Any]:
        return await asyncio.to_thread(self._app.openapi)

    async def close(self) -> None:
        """Nothing to do: no connection was opened."""


class HttpUpstream:
    """A service at a base URL, over a connection pool of its own."""

    def __init__(self, name: str, url: str, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._name, self._url = name, httpx2.URL(url)
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(answer_seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            limits=httpx2.Limits(
                max_connections=MOST_CONNECTIONS,
                max_keepalive_connections=MOST_CONNECTIONS,
                keepalive_expiry=IDLE_SECONDS,
            ),
            trust_env=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body, more = await _first_part(receive)
            response = await self._answer(
                lambda: self._request(scope, body, receive if more else None),
                repeatable=scope["method"] in ("GET", "HEAD") and not more,
            )
        except _ClientGone:
            return
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": response.status_code,
                    "headers": response.headers.raw,
                }
            )
            async for chunk in response.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            await response.aclose()
        await send({"type": "http.response.body", "body": b""})

    async def openapi(self) -> dict[str, Any]:
        address = self._url.join("/openapi.json")
        response = await self._answer(lambda: httpx2.Request("GET", address), repeatable=True)
        try:
            await response.aread()
        finally:
            await response.aclose()
        if response.status_code != httpx2.codes.OK:
            raise Unavailable(f"{self._name} does not describe itself.", retry_after=RETRY_AFTER)
        document: dict[str, Any] = response.json()
        return document

    async def close(self) -> None:
        await self._client.aclose()

    def _request(self, scope: Scope, body: bytes, rest: Receive | None) -> httpx2.Request:
        """Make the request anew for each try; a short body is at hand, a long one streams."""
        path, query = scope["raw_path"], scope["query_string"]
        return httpx2.Request(
            scope["method"],
            self._url.copy_with(raw_path=path + b"?" + query if query else path),
            headers=[header for header in scope["headers"] if header[0] != b"host"],
            content=_streamed(body, rest) if rest else body or None,
        )

    async def _answer(
        self, request: Callable[[], httpx2.Request], *, repeatable: bool
    ) -> httpx2.Response:
        """Send, and once again if nothing can have been done yet, or the request is repeatable."""
        try:
            try:
                return await self._client.send(request(), stream=True)
            except NOT_CONNECTED:
                return await self._client.send(request(), stream=True)
            except CUT_OFF:
                if not repeatable:
                    raise
                return await self._client.send(request(), stream=True)
        except httpx2.TransportError as error:
            detail = f"{self._name} does not answer at the moment."
            raise Unavailable(detail, retry_after=RETRY_AFTER, service=self._name) from error


class _ClientGone(Exception):
    """The client hung up in the middle of its request: there is nobody left to answer."""


async def _first_part(receive: Receive) -> tuple[bytes, bool]:
    """Answer the first bytes of a body, and whether there may be more."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        body, more = message.get("body", b""), message.get("more_body", False)
        if body or not more:
            return body, more


async def _streamed(begun: bytes, receive: Receive) -> AsyncIterator[bytes]:
    yield begun
    more = True
    while more:
        body, more = await _first_part(receive)
        yield body
