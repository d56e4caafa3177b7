"""Imports a file of deals: COPY into a staging table, then sets of rows at a time.

The SQL files beside say each step; what they make is what the one routine of `domain.outcome` makes
of the same moves, and the events are those of `deals.events`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from importlib import resources
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.event_log import origin_of
from contracts.deals import (
    AuditRecorded,
    DealCreated,
    DealLost,
    DealStageChanged,
    DealWon,
    OutputAdded,
)
from contracts.event import Event
from deals.commands.set_based import copy_into, say_all
from deals.domain.deal_file import Plan, StagedRow, Table, columns_of, open_table, read_row
from deals.models import ImportJob, Stage
from deals.models.deal import CODE_PREFIX
from deals.queries.placing import find_first_stage
from deals.queries.preferences import get_preferences
from deals.queries.rates import known_codes
from kernel import clock
from kernel.currencies import decimals
from kernel.errors import Conflict

CHUNK = 2000
IMPORT_LOCK = 0x5261_7070_696D_7074  # "Rappimpt"

SAID: tuple[tuple[type[Event], str], ...] = (
    (DealCreated, "deal_created"),
    (DealStageChanged, "deal_stage_changed"),
    (DealWon, "deal_won"),
    (DealLost, "deal_lost"),
    (OutputAdded, "output_added"),
    (AuditRecorded, "audit_recorded"),
)
"""What is said, in the order of each deal's versions."""


async def import_deals(session: AsyncSession, job: ImportJob) -> None:
    """Store every row of a locked job that is right, and note what is wrong with the others."""
    await _wait_for_turn(session)
    await _stage(session, job)
    values = await _values(session, job)
    await _run(session, "resolve", values)
    await _run(session, "complete", values)
    await _run(session, "store", values)
    for event, name in SAID:
        rows = _statement(name)
        await say_all(session, event, rows, _used(rows, values))
    job.created = await _count(session, "import_deal", "true")
    job.failed = await _count(session, "resolved_row", "code is not null")
    job.skipped = await _count(session, "resolved_row", "code is null and is_known")


async def _wait_for_turn(session: AsyncSession) -> None:
    """Let one import run at a time: two could bring the same deal."""
    await session.execute(text("set local statement_timeout = 0"))
    await session.execute(text("set local lock_timeout = 0"))
    await session.execute(select(func.pg_advisory_xact_lock(IMPORT_LOCK)))


async def _stage(session: AsyncSession, job: ImportJob) -> None:
    await _run(session, "stage", {})
    content = await session.scalar(select(ImportJob.content).where(ImportJob.id == job.id))
    table = await asyncio.to_thread(open_table, content or b"")
    options = job.options
    plan = Plan(
        columns_of(table.header, job.mapping),
        options["currency"],
        options["date_format"],
        options["decimal_mark"],
        options["aliases"],
    )
    rows = _read_in_threads(table, plan)
    await copy_into(session, "staged_row", StagedRow._fields, rows)
    await session.execute(text("analyze staged_row"))


async def _read_in_threads(table: Table, plan: Plan) -> AsyncIterator[StagedRow]:
    """Read rows in chunks, in a thread, so that a long file holds nobody else up."""

    def read(chunk: Iterator[tuple[int, list[str]]]) -> list[StagedRow]:
        return [read_row(line, cells, plan) for line, cells in chunk]

    while rows := await asyncio.to_thread(read, islice(table.rows, CHUNK)):
        for row in rows:
            yield row


async def _values(session: AsyncSession, job: ImportJob) -> dict[str, Any]:
    """Answer everything the statements are told."""
    options, preferences = job.options, await get_preferences(session)
    pipeline_id = UUID(options["pipeline_id"])
    first = await _first_stage(session, pipeline_id)
    probability = first.probability
    default = preferences.default_probability
    reach = options["reach"]
    codes = await known_codes(session)
    return {
        "job_id": job.id,
        "code_prefix": CODE_PREFIX,
        "pipeline_id": pipeline_id,
        "first_stage_id": first.id,
        "first_probability": default if probability is None else probability,
        "default_probability": default,
        "create_customers": preferences.create_customer_on_won,
        "currency": options["currency"],
        "decimals": decimals(options["currency"]),
        "all_decimals": orjson.dumps({code: decimals(code) for code in codes}).decode(),
        "source": options["source"],
        "starter_id": job.starter_id,
        "starter_department_id": _uuid(options["department_id"]),
        "scope": reach["scope"],
        "departments": [UUID(id_) for id_ in reach["departments"]],
        "mates": [UUID(id_) for id_ in reach["mates"]],
        "actor": origin_of(session).actor,
        "today": clock.today(),
        "now": clock.now(),
        "zone": str(clock.zone()),
    }


async def _first_stage(session: AsyncSession, pipeline_id: UUID) -> Stage:
    stage = await find_first_stage(session, pipeline_id)
    if stage is None:
        raise Conflict(
            "The pipeline has no open stage any more.", code="pipeline_has_no_open_stage"
        )
    return stage


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None


def _statement(name: str) -> str:
    return resources.files(__package__).joinpath("sql", f"{name}.sql").read_text("utf-8")


async def _run(session: AsyncSession, name: str, values: dict[str, Any]) -> None:
    """Execute the statements of a file."""
    for statement in _statement(name).split(";\n"):
        await session.execute(text(statement), _used(statement, values))


def _used(statement: str, values: dict[str, Any]) -> dict[str, Any]:
    names = text(statement).compile().params
    return {name: value for name, value in values.items() if name in names}


async def _count(session: AsyncSession, table: str, condition: str) -> int:
    statement = text(f"select count(*) from {table} where {condition}")  # noqa: S608 - our own
    return await session.scalar(statement) or 0
