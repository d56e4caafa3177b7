"""One request, one transaction: the sessions an endpoint asks for, and idempotent POSTs.

`WriteSession` commits after the endpoint's answer was serialised and before it is sent. A POST with
an Idempotency-Key claims the key in that same transaction and stores the answer in it, so a crash
can leave neither a change without its answer nor an answer without its change. A second call with
the key waits for the first one, then gets its answer.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Request, Response, params
from fastapi._compat import field_annotation_is_sequence
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, optional_caller
from chassis.database import Database
from chassis.origin import Origin, current_traceparent
from chassis.tables import idempotency_key
from kernel.errors import Conflict, FieldError, Invalid, Stale, UnsupportedMedia, all_invalid

MAX_KEY = 255
MOST_NAMED = 20
"""How many wrong parameters an answer names."""
CHARSET = re.compile(r"""charset\s*=\s*["']?([^"'\s;]*)""")
LOCK_TIMEOUT = "55P03"
KEPT_HEADERS = ("content-type", "location", "etag")


class Replayed(Exception):
    """The key was used before; `response` is the first answer."""

    def __init__(self, response: Response) -> None:
        super().__init__("replayed")
        self.response = response


class StrictRequest(Request):
    """Reads JSON strictly: no NaN, no lone surrogates, no deep nesting, no duplicate keys."""

    async def json(self) -> Any:
        if not hasattr(self, "_strict_json"):
            body = await self.body()
            value = orjson.loads(body)
            _refuse_duplicate_keys(body)
            self._strict_json = value
        return self._strict_json


def _refuse_duplicate_keys(body: bytes) -> None:
    def pairs(items: list[tuple[str, Any]]) -> None:
        if len({name for name, _ in items}) != len(items):
            raise json.JSONDecodeError("a name occurs twice in one object", "", 0)

    json.loads(body, object_pairs_hook=pairs)


def _refuse_odd_parameters(request: Request, known: Mapping[str, bool]) -> None:
    """Refuse parameters that nobody reads; `known` says which may be given more than once."""
    times = Counter(name for name, _ in request.query_params.multi_items())
    errors = [
        FieldError(f"query/{name[:100]}", "parameter_unknown", "there is no such parameter")
        if name not in known
        else FieldError(f"query/{name}", "parameter_repeated", "give this parameter once")
        for name, number in times.items()
        if name not in known or (number > 1 and not known[name])
    ]
    if errors:
        raise all_invalid(errors[:MOST_NAMED])


def _refuse_other_charsets(request: Request) -> None:
    charset = CHARSET.search(request.headers.get("content-type", "").lower())
    if charset and charset[1] not in ("utf-8", "utf8"):
        raise UnsupportedMedia("Send UTF-8.")


def _wrong_header(name: str, message: str) -> Invalid:
    return all_invalid([FieldError(f"header/{name.lower()}", "header_invalid", message)])


def _refuse_odd_key(request: Request) -> None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= MAX_KEY:
        raise _wrong_header("Idempotency-Key", f"must have 1 to {MAX_KEY} characters")


class Route(APIRoute):
    """Reads requests strictly and keeps the answer of an idempotent POST."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        known = {
            parameter.alias: field_annotation_is_sequence(parameter.field_info.annotation)
            for parameter in get_flat_params(self.dependant)
            if isinstance(parameter.field_info, params.Query)
        }

        async def handle_strictly(request: Request) -> Response:
            _refuse_odd_key(request)
            _refuse_other_charsets(request)
            _refuse_odd_parameters(request, known)
            strict = StrictRequest(request.scope, request.receive)
            try:
                response = await handle(strict)
            except Replayed as replayed:
                return replayed.response
            await _keep_answer(strict, response)
            return response

        return handle_strictly


def database_of(request: Request) -> Database:
    """Answer the database of the app that serves this request."""
    database: Database = request.app.state.database
    return database


def origin_of(request: Request, caller: Caller | None) -> Origin:
    """Describe who acts: the caller, or a visitor of a public path."""
    return Origin(
        actor=str(caller.actor) if caller else "visitor",
        actor_kind=caller.actor_kind if caller else "system",
        way=caller.way if caller else "web",
        correlation_id=request.state.correlation_id,
        traceparent=current_traceparent() or request.headers.get("traceparent"),
    )


async def write_session(
    request: Request, caller: Annotated[Caller | None, Depends(optional_caller)]
) -> AsyncIterator[AsyncSession]:
    """Open the request's transaction; claims its Idempotency-Key first, if it has one."""
    origin = origin_of(request, caller)
    async with database_of(request).transaction(origin) as session:
        await _claim_key(request, session, origin.actor)
        yield session


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Open a read-only session."""
    async with database_of(request).reading() as session:
        yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
ReadSession = Annotated[AsyncSession, Depends(read_session, scope="function")]


async def if_match(if_match: Annotated[str | None, Header()] = None) -> int | None:
    """Read the version in If-Match, such as "7"; absent means: whatever it is now."""
    if if_match is None or if_match == "*":
        return None
    text = if_match.removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004 - fits bigint
        raise _wrong_header("If-Match", 'is not a version such as "7"')
    return int(text)


IfMatch = Annotated[int | None, Depends(if_match)]


def expect_version(version: int, expected: int | None) -> None:
    """Refuse a change that was made against an older version (GAT-003)."""
    if expected is not None and version != expected:
        raise Stale(f"The record is at version {version} now.", version=version)


def tag(response: Response, version: int) -> None:
    """Answer the record's version as ETag."""
    response.headers["ETag"] = f'"{version}"'


async def _claim_key(request: Request, session: AsyncSession, actor: str) -> None:
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST":
        return
    claim = {
        "key": key,
        "actor": actor,
        "path": request.url.path,
        "body_hash": hashlib.sha256(await request.body()).digest(),
    }
    try:
        claimed = await session.scalar(
            insert(idempotency_key)
            .values(claim)
            .on_conflict_do_nothing()
            .returning(idempotency_key.c.key)
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_TIMEOUT:
            detail = "The first call with this Idempotency-Key is still running."
            raise Conflict(detail, code="idempotency_key_busy", retry_after=1) from error
        raise
    if claimed is None:
        raise Replayed(await _first_answer(session, claim))
    request.state.claimed = (session, claim)


async def _first_answer(session: AsyncSession, claim: dict[str, Any]) -> Response:
    query = select(idempotency_key).filter_by(
        key=claim["key"], actor=claim["actor"], path=claim["path"]
    )
    kept = (await session.execute(query)).one()
    if kept.body_hash != claim["body_hash"]:
        raise Invalid(
            "This Idempotency-Key was used with another body.", code="idempotency_key_reused"
        )
    return Response(kept.answer, kept.status, headers=kept.headers)


async def _keep_answer(request: Request, response: Response) -> None:
    claimed = getattr(request.state, "claimed", None)
    if claimed is None:
        return
    session, claim = claimed
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    await session.execute(
        update(idempotency_key)
        .filter_by(key=claim["key"], actor=claim["actor"], path=claim["path"])
        .values(status=response.status_code, headers=headers, answer=bytes(response.body))
    )
