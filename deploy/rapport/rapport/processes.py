"""The distributed shape on one host: an API and a worker process per service, on RabbitMQ."""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
from pydantic import SecretStr

from chassis.postgres import embedded
from chassis.settings import ChassisSettings
from rapport.prepare import prepare
from rapport.services import GATEWAY, SERVICES
from rapport.supervisor import Program, supervise

LOCAL_BROKER = "amqp://guest:guest@127.0.0.1:5672/"
READY_SECONDS = 60
HOST = "127.0.0.1"


async def run(
    data: Path,
    port: int,
    stop: asyncio.Event,
    on_ready: Callable[[float], None],
    *,
    pids: dict[str, int] | None = None,
) -> None:
    """Run the suite as processes until `stop` is set; `pids` names those that run."""
    started = time.perf_counter()
    data = data.resolve()
    base = ChassisSettings()
    broker = base.broker_url or SecretStr(LOCAL_BROKER)
    async with AsyncExitStack() as stack:
        administrator, database_url = None, base.database_url
        if "database_url" not in base.model_fields_set:
            server = await stack.enter_async_context(embedded(data / "postgres"))
            administrator = server.dsn
            database_url = server.dsn.replace("/postgres?", "/rapport?")
        known = {
            "broker_url": broker,
            "database_url": database_url,
            "keys_folder": data / "keys",
        }
        await prepare(base.model_copy(update=known), administrator)
        ports = {name: port + offset for offset, name in enumerate(SERVICES)}
        programs = _programs(ports, _environment(database_url, broker, data, ports))
        watching = asyncio.create_task(_tell_when_ready(ports, started, on_ready))
        try:
            await supervise(programs, stop=stop, on_line=_tell, pids=pids)
        finally:
            watching.cancel()


def _environment(
    database_url: str, broker: SecretStr, data: Path, ports: dict[str, int]
) -> dict[str, str]:
    upstreams = {
        f"RAPPORT_UPSTREAM_{name.upper()}": f"http://{HOST}:{number}"
        for name, number in ports.items()
        if name != GATEWAY
    }
    return {
        "RAPPORT_DATABASE_URL": database_url,
        "RAPPORT_BROKER_URL": broker.get_secret_value(),
        "RAPPORT_KEYS_FOLDER": str(data / "keys"),
        **upstreams,
    }


def _programs(ports: dict[str, int], environment: dict[str, str]) -> list[Program]:
    rapport = [sys.executable, "-m", "rapport"]
    apis = [
        Program(f"{name}.api", [*rapport, "serve", name, "--port", str(number)], environment)
        for name, number in ports.items()
    ]
    workers = [Program(f"{name}.worker", [*rapport, "worker", name], environment) for name in ports]
    return apis + workers


async def _tell_when_ready(
    ports: dict[str, int], started: float, on_ready: Callable[[float], None]
) -> None:
    async with asyncio.timeout(READY_SECONDS), httpx2.AsyncClient() as client:
        for number in ports.values():
            while not await _is_ready(client, f"http://{HOST}:{number}/health/ready"):
                await asyncio.sleep(0.1)
    on_ready(time.perf_counter() - started)


async def _is_ready(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx2.TransportError:
        return False


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
