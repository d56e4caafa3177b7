"""Services over HTTP: streamed, retried when that is safe, and 503 when they are away (GAT-083)."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import Response, StreamingResponse

from gateway.clients.upstream import HttpUpstream

Suite = Any
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _service() -> FastAPI:
    app = FastAPI()
    app.state.sent = asyncio.Event()

    async def count(request: Request) -> Response:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        headers = {"X-Size": str(size), "X-Coding": request.headers.get("transfer-encoding", "")}
        return Response(status_code=201, headers=headers)

    async def stream(_: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            yield b"first"
            await app.state.sent.wait()
            yield b"second"

        return StreamingResponse(parts(), media_type="text/plain")

    async def raw(request: Request) -> Response:
        path = request.scope["raw_path"] + b"?" + request.scope["query_string"]
        return Response(path, headers={"Content-Encoding": "identity"})

    app.add_route("/v1/count", count, ["POST"])
    app.add_route("/v1/stream", stream, ["GET"])
    app.add_route("/v1/raw/{rest:path}", raw, ["GET"])

    @app.get("/v1/deals")
    async def list_deals() -> None:
        """Answer deals."""

    return app


@contextmanager
def _serving(app: FastAPI) -> Iterator[str]:
    """Serve an app on loopback in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@asynccontextmanager
async def _answering(handle: Handler) -> AsyncIterator[str]:
    """Answer each connection on loopback with a coroutine."""
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def _unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


async def _read_request(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def _through(start_suite: Any, url: str, **options: Any) -> Any:
    upstream = HttpUpstream("intake", url, **options)
    return start_suite(upstreams={"intake": upstream, "deals": upstream})


async def test_bodies_stream_in_and_out() -> None:
    with _serving(_service()) as url:
        upstream = HttpUpstream("deals", url)
        sizes = [
            await _call(upstream, "POST", b"/v1/count", parts)
            for parts in ([b"x" * 10_000] * 300, [b"x" * 7], [b""])
        ]
        await upstream.close()
    assert [dict(start["headers"])[b"x-size"] for start, _ in sizes] == [b"3000000", b"7", b"0"]
    assert [dict(start["headers"])[b"x-coding"] for start, _ in sizes] == [b"chunked", b"", b""]


async def _call(
    upstream: Any, method: str, path: bytes, parts: list[bytes], query: bytes = b""
) -> tuple[dict[str, Any], bytes]:
    """Call an upstream as the proxy does; answers the start and the whole body."""
    received = iter(
        {"type": "http.request", "body": part, "more_body": n < len(parts)}
        for n, part in enumerate(parts, 1)
    )
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(received, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "headers": [(b"host", b"deals")],
    }
    await upstream(scope, receive, send)
    return (sent[0] if sent else {}), b"".join(m.get("body", b"") for m in sent[1:])


@pytest.mark.parametrize(
    "path", [b"/v1/raw/a%2Fb", b"/v1/raw/%C3%A9;x=1", b"/v1/raw//a//", b"/v1/raw/a%20b+c|d'"]
)
async def test_paths_arrive_as_they_were_written(path: bytes) -> None:
    with _serving(_service()) as url:
        upstream = HttpUpstream("deals", url)
        _, body = await _call(upstream, "GET", path, [b""], b"q=a%20b&x=%2B|'")
        await upstream.close()
    written, _, query = body.partition(b"?")
    assert (
        httpx2.URL(f"http://x{written.decode()}").path
        == httpx2.URL(f"http://x{path.decode()}").path
    )
    assert (written.count(b"/"), written.count(b"%2F")) == (path.count(b"/"), path.count(b"%2F"))
    assert query.startswith(b"q=a%20b&x=%2B")


async def test_the_first_part_of_an_answer_does_not_wait_for_the_last() -> None:
    app = _service()
    arrived = asyncio.Event()
    seen: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        seen.append(message.get("body", b""))
        if seen[-1] == b"first":
            arrived.set()

    scope = {
        "method": "GET", "raw_path": b"/v1/stream", "query_string": b"", "headers": [],
    }  # fmt: skip
    with _serving(app) as url:
        upstream = HttpUpstream("deals", url)
        answering = asyncio.create_task(upstream(scope, receive, send))
        await asyncio.wait_for(arrived.wait(), 10)
        assert not answering.done()
        app.state.sent.set()
        await answering
        await upstream.close()
    assert b"".join(seen) == b"firstsecond"


async def test_a_service_that_is_away_answers_503_and_the_others_go_on(start_suite: Any) -> None:
    with _serving(_service()) as url:
        upstreams = {
            "intake": HttpUpstream("intake", f"http://127.0.0.1:{_unused_port()}"),
            "deals": HttpUpstream("deals", url),
        }
        async with start_suite(
            upstreams=upstreams,
            admin_email="root@example.com",
            admin_password="correct horse battery",
        ) as suite:
            client = await suite.login()
            away = await client.post("/intake/public/f", content=b"x")
            there = await client.get("/deals/raw/x")
            document = (await client.get("http://gateway/api/v1/openapi.json")).json()
    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    assert away.headers["Content-Type"] == "application/problem+json"
    assert int(away.headers["Retry-After"]) > 0
    assert there.status_code == 200
    assert "/api/v1/deals/deals" in document["paths"]
    assert "/api/v1/gateway/login" in document["paths"]


async def test_a_service_that_hangs_answers_503_when_its_time_is_up(start_suite: Any) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with (
        _answering(hang) as url,
        await _through(start_suite, url, answer_seconds=0.2) as suite,
    ):
        answers = await asyncio.gather(*(suite.client().get("/intake/public/f") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {503}


@pytest.mark.parametrize(("method", "tries"), [("GET", 2), ("POST", 1)])
async def test_only_what_is_safe_is_sent_again_after_a_cut(
    start_suite: Any, method: str, tries: int
) -> None:
    """E32: a service that is restarted cuts the connections it holds."""
    seen = 0

    async def cut_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        await _read_request(reader)
        seen += 1
        if seen > 1:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        writer.close()

    async with _answering(cut_first) as url, await _through(start_suite, url) as suite:
        answer = await suite.client().request(method, "/intake/public/f")
    assert seen == tries
    assert answer.status_code == (200 if method == "GET" else 503)


async def test_an_answer_cut_in_the_middle_is_not_made_whole(start_suite: Any) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    async with _answering(half) as url:
        upstream = HttpUpstream("deals", url)
        with pytest.raises(httpx2.RemoteProtocolError):
            await _call(upstream, "GET", b"/v1/x", [b""])
        await upstream.close()


async def test_a_client_that_hangs_up_costs_no_connection() -> None:
    """E19: every place in the pool is free again."""
    with _serving(_service()) as url:
        upstream = HttpUpstream("deals", url)

        async def gone() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        first = iter([{"type": "http.request", "body": b"x", "more_body": True}])

        async def half_gone() -> dict[str, Any]:
            return next(first, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            raise AssertionError(message)

        scope = {
            "method": "POST", "raw_path": b"/v1/count", "query_string": b"", "headers": [],
        }  # fmt: skip
        await upstream(scope, gone, send)
        await upstream(scope, half_gone, send)

        async def cancelled() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await _call(upstream, "GET", b"/v1/stream", [b""])

        await asyncio.gather(*(cancelled() for _ in range(150)))
        start, _ = await _call(upstream, "GET", b"/v1/raw/x", [b""])
        await upstream.close()
    assert start["status"] == 200


async def test_a_long_body_over_the_limit_is_cut_off_on_its_way(start_suite: Any) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 1000

    with _serving(_service()) as url:
        upstreams = {"intake": HttpUpstream("intake", url)}
        async with start_suite(upstreams=upstreams, forwarded_body_bytes=10_000) as suite:
            answer = await suite.client().post("/intake/public/f", content=parts())
            again = await suite.client().post("/intake/public/f", content=b"x")
    assert (answer.status_code, again.status_code) == (413, 404)
