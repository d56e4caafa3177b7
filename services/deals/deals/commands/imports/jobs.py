"""The life of an import job: waiting, running, finished or failed (DEA-118)."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from chassis.auth import Caller
from chassis.database import Database
from chassis.event_log import origin_of
from chassis.faults import database_is_away
from chassis.origin import Origin, by_system
from deals.commands.changes import new, say, stamp
from deals.commands.imports.run import import_deals
from deals.domain.deal_file import (
    UnfitMappingError,
    UnreadableFileError,
    columns_of,
    count_rows,
    open_table,
)
from deals.events import import_finished
from deals.models import ImportJob
from deals.queries.placing import find_default_pipeline, find_first_stage, find_pipeline
from deals.queries.preferences import get_preferences
from deals.queries.rates import is_active
from deals.queries.references import currency_of_department, departments_of
from kernel import clock
from kernel.errors import Problem, invalid

log = structlog.get_logger()

PENDING = ("waiting", "running")


async def create_import(
    session: AsyncSession,
    file: tuple[str, bytes],
    mapping: Mapping[str, str],
    options: Mapping[str, Any],
    caller: Caller,
) -> ImportJob:
    """Take a file in, if it can be read and its columns are there.

    Raises:
        Invalid: the file, the mapping or an option is wrong; nothing is stored.
    """
    name, content = file
    rows = await asyncio.to_thread(_check, content, mapping)
    starter = caller.user_id
    departments = await departments_of(session, starter)
    department_id = departments[0] if departments else None
    settled = {
        **options,
        "pipeline_id": await _pipeline(session, options.get("pipeline_id"), department_id),
        "currency": await _currency(session, options.get("currency"), department_id),
        "department_id": department_id and str(department_id),
        "reach": _reach(caller),
    }
    job = new(
        session,
        ImportJob,
        state="waiting",
        file_name=name,
        content=content,
        mapping=dict(mapping),
        options=settled,
        starter_id=starter,
        correlation_id=origin_of(session).correlation_id,
        rows=rows,
    )
    job.version = 1
    audit.record(session, "import_job", job.id, "started", {"file": (None, name)})
    return job


def _check(content: bytes, mapping: Mapping[str, str]) -> int:
    try:
        table = open_table(content)
        columns_of(table.header, mapping)
        return count_rows(table)
    except UnreadableFileError as error:
        raise invalid("file", str(error), "file_unreadable") from error
    except UnfitMappingError as error:
        raise invalid("mapping", str(error), "mapping_unfit") from error


def _reach(caller: Caller) -> dict[str, Any]:
    """Note how far the caller's right goes, for the worker that will import in their name."""
    return {
        "scope": caller.rights["deals.deal.import"],
        "departments": sorted(map(str, caller.departments)),
        "mates": sorted(map(str, caller.mates)),
    }


async def _pipeline(session: AsyncSession, wanted: UUID | None, department_id: UUID | None) -> str:
    if wanted:
        pipeline = await find_pipeline(session, wanted)
    else:
        preferred = (await get_preferences(session)).default_pipeline
        pipeline = await find_default_pipeline(session, preferred, department_id)
    if pipeline is None or await find_first_stage(session, pipeline.id) is None:
        raise invalid(
            "options/pipeline_id", "is not among the pipelines offered", "pipeline_unknown"
        )
    return str(pipeline.id)


async def _currency(session: AsyncSession, wanted: str | None, department_id: UUID | None) -> str:
    code = wanted or await currency_of_department(session, department_id)
    if not await is_active(session, code):
        raise invalid("options/currency", "is not among the active ones", "currency_inactive")
    return code


async def run_imports(database: Database) -> None:
    """Run every job that waits, one after the other."""
    while await _run_next(database):
        pass


async def _run_next(database: Database) -> bool:
    """Run the next job; answers whether there was one.

    The mark "running" is committed first, for people to see. The job itself is one transaction that
    holds its row: a process that dies leaves nothing of it, and the next one starts it again.
    """
    async with database.transaction(by_system("imports", "import")) as session:
        job = await _lock(session, PENDING)
        if job is None:
            return False
        if job.state == "waiting":
            job.state, job.started_at = "running", clock.now()
        job_id, origin = job.id, _origin(job)
    try:
        async with database.transaction(origin) as session:
            job = await _lock(session, ("running",), job_id)
            if job is None:  # another worker was quicker
                return False
            await import_deals(session, job)
            _finish(session, job, "finished")
    except Exception as error:
        if database_is_away(error):
            raise  # the job stays, and is run again
        await _give_up(database, origin, job_id, error)
    return True


async def _give_up(database: Database, origin: Origin, job_id: UUID, error: Exception) -> None:
    """Mark a job as failed: nothing of it was stored, and running it again would not help."""
    log.error("import.failed", job=str(job_id), exc_info=error)
    async with database.transaction(origin) as session:
        job = await _lock(session, ("running",), job_id)
        if job is not None:
            telling = isinstance(error, UnreadableFileError | Problem)
            job.problem = str(error) if telling else "Something went wrong on our side."
            job.failed = job.rows
            _finish(session, job, "failed")


def _finish(session: AsyncSession, job: ImportJob, state: str) -> None:
    job.state, job.finished_at, job.content = state, clock.now(), None
    stamp(session, job)
    say(session, job, import_finished(job))
    counts = {name: (None, getattr(job, name)) for name in ("created", "skipped", "failed")}
    audit.record(session, "import_job", job.id, state, counts)


async def _lock(
    session: AsyncSession, states: tuple[str, ...], job_id: UUID | None = None
) -> ImportJob | None:
    query = select(ImportJob).where(ImportJob.state.in_(states)).order_by(ImportJob.id).limit(1)
    if job_id:
        query = query.where(ImportJob.id == job_id)
    return await session.scalar(query.with_for_update(skip_locked=True))


def _origin(job: ImportJob) -> Origin:
    return Origin(str(job.starter_id), "import", "import", job.correlation_id)
