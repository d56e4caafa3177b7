"""Imports of deals from CSV files."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field, TypeAdapter, ValidationError

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.problems import MAX_ERRORS, pointer
from chassis.http.schemas import Input, Output
from chassis.http.unit import ReadSession, Route, WriteSession
from deals.api.answers import page_of
from deals.api.callers import DealsImporter
from deals.api.uploads import UploadedFile, described, upload
from deals.commands.imports.jobs import create_import
from deals.domain.deal_file import DealField
from deals.models import ImportJob, ImportRowError
from deals.queries.imports import get_import, row_errors
from kernel.errors import FieldError, all_invalid
from kernel.money import CurrencyCode
from kernel.pages import Page
from kernel.text import Line

router = APIRouter(prefix="/imports", tags=["imports"], route_class=Route)
LONGEST_STEP = 100
ORDER = Order({"line": ImportRowError.line}, "line", ImportRowError.line)

Aliased = Literal["stage", "owner", "company", "customer", "product", "lost_reason"]
State = Literal["waiting", "running", "finished", "failed"]
Cell = Annotated[str, Line(1000)]
Names = Annotated[dict[Cell, Cell], Field(max_length=1000)]
"""What the file says, and the name it means."""
Mapping = Annotated[dict[str, DealField], Field(min_length=1, max_length=200)]
MAPPING: TypeAdapter[dict[str, DealField]] = TypeAdapter(Mapping)


class ImportOptions(Input):
    """How to read the file; `source` names where external ids come from, each taken once."""

    pipeline_id: UUID | None = None
    currency: CurrencyCode | None = None
    date_format: Literal["YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY"] = "YYYY-MM-DD"
    decimal_mark: Literal[".", ","] = "."
    source: Annotated[str, Line(100)] = "csv"
    aliases: dict[Aliased, Names] = Field(default_factory=dict)


OPTIONS: TypeAdapter[ImportOptions] = TypeAdapter(ImportOptions)


class ImportOut(Output):
    """An import: how far it is, and what became of its rows."""

    id: UUID
    state: State
    file_name: str
    rows: int
    created: int
    skipped: int
    failed: int
    problem: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class RowErrorOut(Output):
    """Why a row was not imported; the heading is line 1."""

    line: int
    field: str
    code: str
    value: str | None


Sent = Annotated[UploadedFile, Depends(upload("mapping", "options"))]
SENT = described(needed=("mapping",), mapping=MAPPING.json_schema(), options=OPTIONS.json_schema())


@router.post("", status_code=202, openapi_extra=SENT)
async def start(
    caller: DealsImporter, sent: Sent, response: Response, session: WriteSession
) -> ImportOut:
    """Take a CSV file in: form fields `file`, `mapping` {column: field} and `options` as JSON."""
    mapping = _read(MAPPING, "mapping", sent.fields.get("mapping", "{}"))
    options = _read(OPTIONS, "options", sent.fields.get("options", "{}"))
    job = await create_import(session, (sent.name, sent.content), mapping, _plain(options), caller)
    response.headers["Location"] = f"/v1/imports/{job.id}"
    await session.flush()
    return _shown(job)


@router.get("/{job_id}")
async def read(job_id: UUID, session: ReadSession, caller: DealsImporter) -> ImportOut:
    """Read how far an import is."""
    return _shown(await get_import(session, job_id, caller))


@router.get("/{job_id}/errors")
async def list_errors(
    job_id: UUID, session: ReadSession, caller: DealsImporter, paging: Paging
) -> Page[RowErrorOut]:
    """List the rows that were wrong."""
    await get_import(session, job_id, caller)
    page = await fetch_page(session, row_errors(job_id), ORDER, paging)
    return page_of(page, RowErrorOut.model_validate)


def _plain(options: ImportOptions) -> dict[str, Any]:
    """Answer options as they are kept, defaults included."""
    return {**options.model_dump(mode="json"), "pipeline_id": options.pipeline_id}


def _read(adapter: TypeAdapter[Any], name: str, text: str) -> Any:
    """Read a form field that holds JSON.

    Raises:
        Invalid: it is no JSON, or not what it should be.
    """
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        errors = [
            FieldError(_place(name, *entry["loc"]), entry["type"], entry["msg"])
            for entry in error.errors(include_input=False, include_url=False)
        ]
        raise all_invalid(errors[:MAX_ERRORS]) from error


def _place(*steps: int | str) -> str:
    """Point to a place in the form, without repeating a name that is a whole novel."""
    return pointer(("body", *(str(step)[:LONGEST_STEP] for step in steps)))


def _shown(job: ImportJob) -> ImportOut:
    return ImportOut.model_validate(job)
