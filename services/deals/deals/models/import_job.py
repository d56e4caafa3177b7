"""Imports: what was sent in, how far it is, and the rows that were wrong."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, deferred, mapped_column

from chassis.database import Record
from deals.models.base import Base


class ImportJob(Base, Record):
    """One import of deals; `content` is the file until the job has ended."""

    __tablename__ = "import_job"
    state: Mapped[str]
    file_name: Mapped[str]
    content: Mapped[bytes | None] = deferred(mapped_column())
    mapping: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    starter_id: Mapped[UUID]
    correlation_id: Mapped[UUID]
    rows: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ImportRowError(Base):
    """What was wrong with one row; `line` counts the file's records, the heading being 1."""

    __tablename__ = "import_row_error"
    job_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str]
    code: Mapped[str]
    value: Mapped[str | None]
