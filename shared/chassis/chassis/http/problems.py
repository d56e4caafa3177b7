"""Every failure as RFC 9457 problem+json, with a stable code and one entry per wrong field."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.faults import HELD_UP, TOO_SLOW, database_is_away, sqlstate
from kernel.errors import FieldError, Malformed, Problem, Unavailable, UnsupportedMedia, all_invalid

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 100

log = structlog.get_logger()

CODES = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


def problem_response(problem: Problem) -> Response:
    """Render a problem; `type` is a relative reference that names its code."""
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else None
    return _render(
        problem.status, problem.title, problem.detail, problem.code,
        errors=problem.errors, headers=headers, extra=problem.extra,
    )  # fmt: skip


def _render(
    status: int,
    title: str,
    detail: str,
    code: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Response:
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **(extra or {}),
    }
    if errors:
        body["errors"] = [
            {"field": error.field, "code": error.code, "message": error.message} for error in errors
        ]
    return Response(
        orjson.dumps(body, default=str), status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def install_problem_handlers(app: FastAPI) -> None:
    """Let every exception of this app end as a problem."""
    app.exception_handler(Problem)(_on_problem)
    app.exception_handler(RequestValidationError)(_on_validation_error)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(DBAPIError)(_on_database_error)
    app.exception_handler(PoolTimeout)(_on_database_error)
    app.exception_handler(OSError)(_on_database_error)  # refused, or the socket is not there


async def _on_problem(_: Request, problem: Problem) -> Response:
    return problem_response(problem)


async def _on_http_exception(_: Request, error: HTTPException) -> Response:
    phrase = HTTPStatus(error.status_code).phrase
    code = CODES.get(error.status_code, phrase.lower().replace(" ", "_"))
    return _render(error.status_code, phrase, str(error.detail), code, headers=error.headers)


async def _on_validation_error(_: Request, error: RequestValidationError) -> Response:
    return problem_response(from_validation(error))


def from_validation(error: RequestValidationError) -> Problem:
    """Tell unreadable JSON (400) and a wrong content type (415) from wrong fields (422)."""
    errors = error.errors()
    first = errors[0]
    if first["type"] == "json_invalid":
        return Malformed("The body is not valid JSON.", code="json_invalid")
    if first["loc"] == ("body",) and isinstance(first.get("input"), bytes):
        return UnsupportedMedia("The body must be sent as application/json in UTF-8.")
    return all_invalid(
        [
            FieldError(pointer(entry["loc"]), entry["type"], entry["msg"])
            for entry in errors[:MAX_ERRORS]
        ]
    )


def pointer(location: Sequence[str | int]) -> str:
    """Name a field: a JSON pointer into the body, or `query/limit` style for parameters."""
    place, *path = location
    steps = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return steps if place == "body" else f"{place}{steps}"


async def _on_database_error(request: Request, error: Exception) -> Response:
    """Say 503 when the database is away or busy; anything else is our own fault."""
    if database_is_away(error):
        return problem_response(Unavailable("The database does not answer.", retry_after=5))
    if sqlstate(error) in (*HELD_UP, TOO_SLOW):
        detail = "Somebody else is changing the same record; try again."
        return problem_response(Unavailable(detail, code="busy", retry_after=1))
    return on_unexpected(request, error)


def on_unexpected(request: Request, error: Exception) -> Response:
    """Log what nobody foresaw and answer without a word of it."""
    log.error("request.crashed", path=request.url.path, exc_info=error)
    return problem_response(Problem("Something went wrong on our side. It has been recorded."))
