"""Reads import jobs and their row errors."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, Ownership, visible
from deals.models import ImportJob, ImportRowError
from kernel.errors import NotFound

OWNERSHIP = Ownership(ImportJob.starter_id)


async def get_import(session: AsyncSession, job_id: UUID, caller: Caller) -> ImportJob:
    """Answer an import the caller started, or any to those who may import everywhere."""
    query = select(ImportJob).where(
        ImportJob.id == job_id, visible(caller, "deals.deal.import", OWNERSHIP)
    )
    job = await session.scalar(query)
    if job is None:
        raise NotFound
    return job


def row_errors(job_id: UUID) -> Select[ImportRowError]:
    """Select what was wrong with the rows of an import."""
    return select(ImportRowError).where(ImportRowError.job_id == job_id)
