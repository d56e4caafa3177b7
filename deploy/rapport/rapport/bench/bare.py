"""What the bare counterparts of endpoints have in common: Starlette, asyncpg, our own server."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rapport.bench.running import program
from rapport.serving import serve_until, server_for, stop_on_signals

READY = "bare server is ready"
POOL = 10
"""As many connections as a process of the suite has."""

Endpoint = Callable[[Request], Awaitable[Response]]


@asynccontextmanager
async def bare_server(module: str, port: int, *arguments: str) -> AsyncIterator[None]:
    """Run the bare server in `module` until the block ends."""
    async with program(module, [str(port), *arguments], READY):
        yield


def serve(make: Callable[[asyncpg.Pool, list[str]], Awaitable[Route]]) -> None:
    """Serve one route until told to stop; the arguments are a port, a database, and the rest."""
    port, dsn, *rest = sys.argv[1:]
    uvloop.run(_serve(make, int(port), dsn, rest))


async def _serve(
    make: Callable[[asyncpg.Pool, list[str]], Awaitable[Route]],
    port: int,
    dsn: str,
    rest: list[str],
) -> None:
    stop = stop_on_signals()
    async with asyncpg.create_pool(dsn, min_size=POOL, max_size=POOL) as pool:
        app = Starlette(routes=[await make(pool, rest)])
        server = server_for(app, "127.0.0.1", port, lifespan=False)
        serving = asyncio.create_task(serve_until(server, stop))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        sys.stdout.write(f"{READY}\n")
        sys.stdout.flush()
        await serving
