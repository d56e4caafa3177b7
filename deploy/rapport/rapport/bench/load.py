"""The load generator, in a process of its own: many clients, each waiting for its answer.

    echo '{"port": 8000, ...}' | python -m rapport.bench.load

Reads a `Load`, writes an `Outcome`, both as JSON. A client sends its next request as soon as the
last one is answered, over a connection it keeps.
"""

import asyncio
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import cast

import httptools
import orjson
import uvloop

FIRST_ANSWER_SECONDS = 30
LOOK_SECONDS = 0.01
NUMBER = "{n}"
"""Stands for the request's number, in the path and in the body."""


@dataclass(frozen=True)
class Load:
    """What to send where; what is answered during the warm-up is not counted."""

    port: int
    method: str
    path: str
    seconds: float
    warm_up: float
    clients: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    first: int = 0

    def request(self, number: int) -> bytes:
        """Write the request of that number."""
        body = self.body.replace(NUMBER, str(number)).encode()
        lines = [
            f"{self.method} {self.path.replace(NUMBER, str(number))} HTTP/1.1",
            f"host: 127.0.0.1:{self.port}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
            f"content-length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Outcome:
    """What came of it; `failure` is the first answer that was no success."""

    requests: int = 0
    seconds: float = 0.0
    failures: int = 0
    failure: str = ""

    @property
    def per_second(self) -> float:
        """Answer the rate."""
        return self.requests / self.seconds


class Client(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends again."""

    def __init__(self, load: Load, numbers: "count[int]", outcome: Outcome) -> None:
        self._load, self._numbers, self._outcome = load, numbers, outcome
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._send()

    def _send(self) -> None:
        assert self._transport is not None  # noqa: S101 - connected
        self._transport.write(self._load.request(next(self._numbers)))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._outcome.seconds == 0:
            self._fail(f"the connection was cut: {error}")

    def on_body(self, body: bytes) -> None:
        """Keep the beginning of the answer, in case it tells of a failure."""
        self._body = body

    def on_message_complete(self) -> None:
        """Count the answer and go on."""
        status = self._parser.get_status_code()
        if 200 <= status < 300:  # noqa: PLR2004 - success in HTTP
            self._outcome.requests += 1
        else:
            self._fail(f"{status} {self._body.decode(errors='replace')}")
        self._parser = httptools.HttpResponseParser(self)
        if self._outcome.seconds == 0:
            self._send()

    def _fail(self, reason: str) -> None:
        self._outcome.failures += 1
        self._outcome.failure = self._outcome.failure or reason[:500]


async def run(load: Load) -> Outcome:
    """Send for as long as asked and answer what was counted after the warm-up.

    The warm-up begins with the first answer, which may take long: a server compiles its statements.
    """
    outcome, numbers = Outcome(), count(load.first)
    loop = asyncio.get_running_loop()
    connect = partial(loop.create_connection, lambda: Client(load, numbers, outcome))
    opened = [await connect("127.0.0.1", load.port) for _ in range(load.clients)]
    async with asyncio.timeout(FIRST_ANSWER_SECONDS):
        while not outcome.requests and not outcome.failures:
            await asyncio.sleep(LOOK_SECONDS)
    await asyncio.sleep(load.warm_up)
    outcome.requests, started = 0, time.perf_counter()
    await asyncio.sleep(load.seconds)
    outcome.seconds = time.perf_counter() - started
    for transport, _ in opened:
        transport.close()
    return outcome


def main() -> None:
    """Read a load, run it, write the outcome."""
    outcome = uvloop.run(run(Load(**orjson.loads(sys.stdin.buffer.read()))))
    sys.stdout.buffer.write(orjson.dumps(outcome))


if __name__ == "__main__":
    main()
