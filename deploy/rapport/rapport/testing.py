"""The whole suite under test, as its users run it: `rapport up`, in either shape."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from chassis.testing.rabbit_node import unique_prefix

ADMIN = "admin@example.com"
PASSWORD = "a-long-enough-password"  # noqa: S105 - of a suite that lives for a test
READY_SECONDS = 60
STOP_SECONDS = 30


@dataclass
class Api:
    """A logged-in user of the gateway."""

    http: httpx2.Client
    headers: dict[str, str]

    def call(self, method: str, path: str, *, expect: int = 200, **rest: Any) -> Any:
        """Call `/api/v1/<path>` and answer the JSON; any other status fails the test."""
        answer = self.http.request(method, f"/api/v1/{path}", headers=self.headers, **rest)
        assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, params=params)

    def post(self, path: str, body: Any = None, *, expect: int = 201) -> Any:
        return self.call("POST", path, json=body, expect=expect)

    def patch(self, path: str, body: Any) -> Any:
        return self.call("PATCH", path, json=body)


@dataclass
class Rapport:
    """A running suite."""

    url: str
    shape: str
    process: subprocess.Popen[str]
    clients: list[httpx2.Client] = field(default_factory=list)

    def login(self, email: str = ADMIN, password: str = PASSWORD) -> Api:
        """Log a user in."""
        http = self.visitor()
        answer = http.post("/api/v1/gateway/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return Api(http, {"Authorization": f"Bearer {answer.json()['access_token']}"})

    def visitor(self) -> httpx2.Client:
        """Answer a client without login."""
        self.clients.append(httpx2.Client(base_url=self.url, timeout=30))
        return self.clients[-1]


def until(condition: Callable[[], bool], seconds: float = 15, pause: float = 0.05) -> None:
    """Wait for what the services will bring about by themselves; a deadline makes it fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(pause)


@contextmanager
def running(data: Path, shape: str, broker: str | None) -> Iterator[Rapport]:
    """Run `rapport up` until the block ends, and see that it ends cleanly."""
    port = _free_ports(8)
    environment = {
        **os.environ,
        "RAPPORT_ADMIN_EMAIL": ADMIN,
        "RAPPORT_ADMIN_PASSWORD": PASSWORD,
        "RAPPORT_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "rapport", "up", "--port", str(port), "--data", str(data)]
    if broker:
        command.append("--processes")
        environment |= {"RAPPORT_BROKER_URL": broker, "RAPPORT_BROKER_PREFIX": unique_prefix()}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said: queue.Queue[str | None] = queue.Queue()
    listening = threading.Thread(target=_listen, args=(process, said))
    listening.start()
    suite = Rapport(f"http://127.0.0.1:{port}", shape, process)
    try:
        _until_ready(said)
        yield suite
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_SECONDS) == 0
        listening.join()
        assert not any("Traceback" in line for line in iter(said.get_nowait, None))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        listening.join()
        for client in suite.clients:
            client.close()


def _listen(process: subprocess.Popen[str], said: "queue.Queue[str | None]") -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            sys.stdout.write(line)
            said.put(line)
    said.put(None)


def _until_ready(said: "queue.Queue[str | None]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    lines: list[str] = []
    while True:
        line = said.get(timeout=max(0.1, deadline - time.monotonic()))
        assert line is not None, "rapport up ended:\n" + "".join(lines)
        lines.append(line)
        if "Rapport is ready" in line:
            return


def _free_ports(number: int) -> int:
    """Answer a port that is free, and those after it."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
        if port + number < 65_536 and all(_is_free(port + offset) for offset in range(number)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        return candidate.connect_ex(("127.0.0.1", port)) != 0
