"""Deals per second of a CSV import, beside COPY of the rows it wrote into the same tables.

The import is measured from the request that brings the file until the job says it is finished.
"""

import asyncio
import csv
import io
import time
from datetime import timedelta
from pathlib import Path

import httpx2
import orjson

from kernel import clock
from rapport.bench.figures import Figure
from rapport.bench.portfolio import COMPANIES, add_clients
from rapport.bench.running import service_app, suite
from rapport.bench.sizes import Sizes
from rapport.bench.stage import Servers, Stage

WRITTEN = ("deal", "stage_entry", "output", "audit_entry", "event_log")
"""The tables an import writes, in an order their references allow."""
STAGES = ("Lead", "Qualified", "Proposal", "Won", "Lost")
CLOSED = STAGES[-2:]
COLUMNS = ("name", "stage", "company", "amount", "created", "closed", "external_id")
LOOK_SECONDS = 0.2


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """Import a file through gateway and worker, then copy what came of it."""
    stage = await servers.stage("import")
    async with service_app(stage, "deals"), stage.connection("deals") as database:
        await add_clients(database)
    file = _file(sizes.imported)
    async with suite(stage, "embedded") as running, running.client() as client:
        ours = await _import(client, file, sizes.imported)
    bare = sizes.imported / await _copy(stage, servers.folder)
    return [Figure("import", ours, "deals/s", bare)]


def _file(rows: int) -> bytes:
    """Write so many deals of the past year, two in five of them closed."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    today = clock.today()
    for number in range(rows):
        stage = STAGES[number % len(STAGES)]
        created = today - timedelta(days=30 + number % 300)
        closed = (created + timedelta(days=20)).isoformat() if stage in CLOSED else ""
        amount, company = f"{number % 90_000 + 100}.50", f"Firma {number % COMPANIES + 1}"
        name = f"Pumps for plant {number}"
        writer.writerow((name, stage, company, amount, created.isoformat(), closed, number))
    return text.getvalue().encode()


async def _import(client: httpx2.AsyncClient, file: bytes, rows: int) -> float:
    started = time.perf_counter()
    answer = await client.post(
        "deals/imports",
        files={"file": ("deals.csv", file, "text/csv")},
        data={"mapping": orjson.dumps({name: name for name in COLUMNS}).decode()},
    )
    path = f"deals/imports/{answer.raise_for_status().json()['id']}"
    while (job := (await client.get(path)).raise_for_status().json())["finished_at"] is None:
        await asyncio.sleep(LOOK_SECONDS)
    if job["created"] != rows:
        raise RuntimeError(f"the import made {job['created']} deals: {job}")
    return rows / (time.perf_counter() - started)


async def _copy(stage: Stage, folder: Path) -> float:
    """Copy all rows out, away, and in again; answers the seconds of the last step."""
    async with stage.connection("deals") as database:
        for table in WRITTEN:
            await database.copy_from_table(table, output=folder / table)
        await database.execute(f"truncate {', '.join(WRITTEN)} cascade")
        started = time.perf_counter()
        async with database.transaction():
            for table in WRITTEN:
                await database.copy_to_table(table, source=folder / table)
        return time.perf_counter() - started
