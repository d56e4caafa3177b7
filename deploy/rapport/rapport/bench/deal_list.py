"""Pages of the deals' list per second, beside a bare endpoint that answers the same JSON."""

from functools import partial

import httpx2

from rapport.bench.bare import bare_server
from rapport.bench.driving import drive, in_turns
from rapport.bench.figures import Figure
from rapport.bench.load import Load
from rapport.bench.portfolio import add_deals
from rapport.bench.running import Suite, free_ports, service_app, suite
from rapport.bench.sizes import SHAPES, Sizes
from rapport.bench.stage import Servers

PAGE = 50


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """Measure both shapes, each in turns with the bare endpoint."""
    stage = await servers.stage("list")
    async with service_app(stage, "deals"), stage.connection("deals") as database:
        await add_deals(database, sizes.deals)
    port, path = free_ports(1), f"/deals?limit={PAGE}"
    figures = []
    async with bare_server("rapport.bench.bare_deals", port, stage.dsn("deals")):
        bare = _load(sizes, port, path, {})
        for shape in sizes.shapes:
            async with suite(stage, shape) as running:
                ours = await _load_of_ours(running, sizes)
                await _compare(bare, ours)
                rates = await in_turns(sizes.turns, partial(drive, bare), partial(drive, ours))
            figures.append(Figure(f"deal_list{SHAPES[shape]}", rates.ours, "pages/s", rates.bare))
    return figures


async def _load_of_ours(running: Suite, sizes: Sizes) -> Load:
    async with running.client() as client:
        headers = {"authorization": client.headers["authorization"]}
    return _load(sizes, running.port, f"/api/v1/deals/deals?limit={PAGE}", headers)


def _load(sizes: Sizes, port: int, path: str, headers: dict[str, str]) -> Load:
    return Load(
        port=port,
        method="GET",
        path=path,
        headers=headers,
        clients=sizes.clients,
        seconds=sizes.seconds,
        warm_up=sizes.warm_up,
    )


async def _compare(bare: Load, ours: Load) -> None:
    """Make sure that both answer the same.

    Raises:
        RuntimeError: they do not, so that their speeds say nothing.
    """
    async with httpx2.AsyncClient(trust_env=False) as client:
        pages = [
            await client.get(f"http://127.0.0.1:{load.port}{load.path}", headers=load.headers)
            for load in (bare, ours)
        ]
    bare_items, our_items = (page.raise_for_status().json()["items"] for page in pages)
    if bare_items != our_items or not our_items:
        raise RuntimeError("the bare endpoint does not answer what the suite answers")
