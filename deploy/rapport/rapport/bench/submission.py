"""Web form submissions per second, beside a bare endpoint that writes the same rows."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count

import httpx2

from chassis.postgres import clone_database
from rapport.bench.bare import bare_server
from rapport.bench.bare_submission import EXAMPLE, FORM
from rapport.bench.driving import drive, in_turns
from rapport.bench.figures import Figure
from rapport.bench.load import NUMBER, Load
from rapport.bench.parties import add_parties
from rapport.bench.running import free_ports, service_app, suite
from rapport.bench.sizes import SHAPES, Sizes
from rapport.bench.stage import Servers, Stage

FIRST = 10_000_000
"""The number of the first submission: eight digits, as the example's."""
APART = 1_000_000


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """Measure both shapes, each in turns with the bare endpoint."""
    stage = await servers.stage("submission")
    token, ticket = await prepare_form(stage, sizes.parties)
    await clone_database(servers.postgres.dsn, "submission_intake", "bare_intake")
    bare_dsn = servers.postgres.dsn.replace("/postgres?", "/bare_intake?")
    port = free_ports(1)
    submit = submitter(sizes)
    figures = []
    async with bare_server("rapport.bench.bare_submission", port, bare_dsn, ticket):
        for shape in sizes.shapes:
            async with suite(stage, shape) as running:
                rates = await in_turns(
                    sizes.turns,
                    partial(submit, port, "/submission"),
                    partial(submit, running.port, form_path(token)),
                    stage.settled,
                )
            figures.append(
                Figure(f"submission{SHAPES[shape]}", rates.ours, "requests/s", rates.bare)
            )
    return figures


def submitter(sizes: Sizes) -> Callable[[int, str], Awaitable[float]]:
    """Answer what submits for a while, each time with other visitors; it answers the rate."""
    firsts = count(FIRST, APART)

    def submit(port: int, path: str) -> Awaitable[float]:
        return drive(
            Load(
                port=port,
                method="POST",
                path=path,
                headers={"content-type": "application/json"},
                body=FORM,
                first=next(firsts),
                clients=sizes.clients,
                seconds=sizes.seconds,
                warm_up=sizes.warm_up,
            )
        )

    return submit


def form_path(token: str) -> str:
    """Answer where the gateway takes submissions."""
    return f"/api/v1/intake/public/forms/{token}"


async def prepare_form(stage: Stage, parties: int) -> tuple[str, str]:
    """Fill the directory; answer the form's token and the ticket of one example submission."""
    async with service_app(stage, "intake") as app, stage.connection("intake") as database:
        await add_parties(database, parties)
        token = await database.fetchval("select token from web_form")
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://intake") as visitor:
            answer = await visitor.post(
                f"/v1/public/forms/{token}",
                content=FORM.replace(NUMBER, str(EXAMPLE)),
                headers={"content-type": "application/json"},
            )
    return token, answer.raise_for_status().json()["ticket"]
