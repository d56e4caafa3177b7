"""Requests as bytes, for what no HTTP client agrees to send."""

import asyncio
from dataclasses import dataclass
from typing import Final

from tests.e2e.bad_input.rows import AS_JSON

CHUNK: Final = 65_536
PATIENCE: Final = 10.0


@dataclass(frozen=True)
class Answered:
    """The first line of an answer, its body, and how much was sent until it came."""

    status: int
    text: str
    sent: int


async def announce(url: str, head: str, length: int) -> Answered:
    """Announce a body, send none of it, and see what is answered."""
    reader, writer = await _open(url)
    try:
        writer.write(f"{head}Content-Length: {length}\r\n\r\n".encode())
        await writer.drain()
        return await _answer(reader, 0)
    finally:
        writer.transport.abort()


async def pour(url: str, head: str, most: int) -> Answered:
    """Send a body of unknown length until there is an answer, or `most` bytes have gone out."""
    reader, writer = await _open(url)
    answer = asyncio.create_task(_answer(reader, 0))
    sent = 0
    chunk = f"{CHUNK:x}\r\n".encode() + b" " * CHUNK + b"\r\n"
    try:
        writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        while not answer.done() and sent < most:
            writer.write(chunk)
            sent += CHUNK
            try:
                await writer.drain()
            except ConnectionError:
                break  # the other side has said its word and closed
            await asyncio.sleep(0)
        got = await answer
        return Answered(got.status, got.text, sent)
    finally:
        answer.cancel()
        writer.transport.abort()


async def ask(url: str, path: str, *headers: str) -> Answered:
    """GET a path exactly as it is written."""
    reader, writer = await _open(url)
    try:
        writer.write(head("GET", path, *headers).encode() + b"\r\n")
        await writer.drain()
        return await _answer(reader, 0)
    finally:
        writer.transport.abort()


def head(method: str, path: str, *headers: str) -> str:
    """Write the head of a request, without its end."""
    lines = [f"{method} {path} HTTP/1.1", "Host: rapport", ": ".join(AS_JSON), *headers]
    return "".join(f"{line}\r\n" for line in lines)


async def _open(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = url.removeprefix("http://").partition(":")
    return await asyncio.open_connection(host, int(port))


async def _answer(reader: asyncio.StreamReader, sent: int) -> Answered:
    async with asyncio.timeout(PATIENCE):
        received = await reader.readuntil(b"\r\n\r\n")
        lines = received.decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        body = await reader.readexactly(int(fields.get("content-length", "0")))
    return Answered(int(lines[0].split()[1]), body.decode(errors="replace"), sent)
