"""The command line: `./rapport VERB`."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import typer

from kernel.errors import Problem
from rapport.errors import UsageProblem

app = typer.Typer(
    help="Rapport, the CRM suite.", no_args_is_help=True, pretty_exceptions_enable=False
)

Data = Annotated[Path, typer.Option(help="Folder of the database and the keys.")]


def main() -> None:
    """Run the command line; a usage problem is one sentence, not a traceback."""
    from chassis.postgres import PostgresError  # noqa: PLC0415 - not needed for --help

    try:
        app()
    except (UsageProblem, PostgresError, Problem) as problem:
        sys.stderr.write(f"rapport: {problem}\n")
        sys.exit(1)


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Port of the gateway.")] = 8000,
    data: Data = Path("var"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    *,
    processes: Annotated[
        bool, typer.Option("--processes", help="One process per API and worker, on RabbitMQ.")
    ] = False,
) -> None:
    """Run the suite on this machine, with its own PostgreSQL."""
    from rapport import starting  # noqa: PLC0415 - each verb imports what it needs

    asyncio.run(starting.up(host, port, data, processes=processes))


@app.command()
def serve(service: str, port: int = 8000, host: str = "127.0.0.1") -> None:
    """Run the API of one service."""
    from rapport import starting  # noqa: PLC0415

    asyncio.run(starting.serve(service, host, port))


@app.command()
def worker(
    service: str,
    role: Annotated[list[str] | None, typer.Option(help="Run only this part.")] = None,
) -> None:
    """Run the worker of one service: relay, consumers, schedules."""
    from rapport import starting  # noqa: PLC0415

    asyncio.run(starting.work(service, role or []))


@app.command()
def setup() -> None:
    """Create and migrate the databases, make the keys, declare exchanges and queues."""
    from rapport import starting  # noqa: PLC0415

    asyncio.run(starting.setup())


@app.command()
def prove(
    seconds: Annotated[float, typer.Option(help="How long to maltreat each transport.")] = 60,
    transport: Annotated[str, typer.Option(help="direct, rabbit or both.")] = "both",
    json: Annotated[Path | None, typer.Option(help="Write the figures here.")] = None,
) -> None:
    """Kill, freeze and flood the event backbone; show that nothing was lost or doubled."""
    from rapport.prove.command import prove_all  # noqa: PLC0415

    chosen: dict[str, tuple[Literal["direct", "rabbit"], ...]] = {
        "direct": ("direct",),
        "rabbit": ("rabbit",),
        "both": ("direct", "rabbit"),
    }
    if transport not in chosen:
        raise UsageProblem("--transport is direct, rabbit or both")
    sys.exit(prove_all(chosen[transport], seconds, json))


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Only these; else all.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the figures here.")] = None,
) -> None:
    """Measure the suite, each figure beside a bare baseline of the same work."""
    from rapport.bench.command import bench_all  # noqa: PLC0415

    bench_all(names or [], json)


@app.command()
def generate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when a file differs.")
    ] = False,
) -> None:
    """Write docs/reference and .env.example from the code."""
    from rapport.reference.generate import generate_all  # noqa: PLC0415

    sys.exit(generate_all(check=check))


@app.command()
def rebuild(data: Data = Path("var")) -> None:
    """Make the reports anew from the services' event logs; figures stay the same."""
    from rapport import upkeep  # noqa: PLC0415

    asyncio.run(upkeep.rebuild_reports(data))


@app.command()
def refill(service: str, data: Data = Path("var")) -> None:
    """Fill a service's copies of others' records anew from their event logs; nothing stops."""
    from rapport import upkeep  # noqa: PLC0415

    asyncio.run(upkeep.refill_replicas(service, data))


@app.command()
def failed(
    replay: Annotated[UUID | None, typer.Option(help="Try this one again.")] = None,
    drop: Annotated[UUID | None, typer.Option(help="Give this one up.")] = None,
    state: Annotated[str | None, typer.Option(help="waiting, parked, replayed, dropped.")] = None,
    data: Data = Path("var"),
) -> None:
    """List the events that could not be applied; replay or drop one."""
    from rapport import upkeep  # noqa: PLC0415

    chosen = replay or drop
    if chosen:
        asyncio.run(upkeep.settle_failed(data, chosen, drop=drop is not None))
    else:
        asyncio.run(upkeep.list_failed(data, state))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def test(context: typer.Context) -> None:
    """Run every check and test; further arguments go to pytest."""
    from rapport.checks import check_all  # noqa: PLC0415

    sys.exit(check_all(context.args))
