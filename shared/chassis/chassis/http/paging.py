"""Keyset paging: stable under inserts, one query per page, an opaque and signed cursor (GAT-005).

    order = Order({"name": Deal.name, "created_at": Deal.created_at}, "-created_at", Deal.id)
    page = await fetch_page(session, visible_deals(caller).where(...), order, PageQuery(...))

The cursor holds the sort values of the last row and is bound to the caller, the list, its filters
and its sorting: anything else answers 400.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Query, Request
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, optional_caller
from kernel.errors import FieldError, Invalid, Malformed

LARGEST_LIMIT = 200
MAX_CURSOR = 2000


@dataclass(frozen=True)
class PageQuery:
    """What the caller asked of a list, beside its filters."""

    limit: int
    cursor: str | None
    sort: str | None
    count: bool
    binding: bytes
    key: bytes


@dataclass(frozen=True)
class Order:
    """The sort keys a list offers, its default, and the unique column that breaks ties."""

    keys: Mapping[str, Any]
    default: str
    tie: Any

    def resolve(self, sort: str | None) -> tuple[Any, bool]:
        """Answer the column and whether it descends.

        Raises:
            Invalid: there is no such sort key.
        """
        wanted = sort or self.default
        name = wanted.removeprefix("-")
        if name not in self.keys:
            known = ", ".join(sorted(self.keys))
            error = FieldError("query/sort", "sort_unknown", f"sort by one of {known}")
            raise Invalid(error.message, errors=(error,))
        return self.keys[name], wanted.startswith("-")


@dataclass(frozen=True)
class Rows:
    """One page of rows as they came from the query."""

    rows: Sequence[Any]
    next_cursor: str | None
    total: int | None


def asked_of(
    request: Request,
    caller: Caller | None,
    limit: int,
    cursor: str | None,
    sort: str | None = None,
    *,
    count: bool = False,
) -> PageQuery:
    """Tie what is asked to who asks, the address and every filter: no cursor fits another list."""
    known = sorted(
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in ("cursor", "limit", "count")
    )
    actor = str(caller.actor) if caller else None
    binding = orjson.dumps([actor, request.url.path, known])
    return PageQuery(limit, cursor, sort, count, binding, request.app.state.cursor_key)


async def page_query(
    *,
    request: Request,
    caller: Annotated[Caller | None, Depends(optional_caller)],
    limit: Annotated[int | None, Query(ge=1, le=LARGEST_LIMIT)] = None,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    sort: Annotated[str | None, Query(max_length=100)] = None,
    count: bool = False,
) -> PageQuery:
    """Read the parameters every list takes; without `limit` the setting items_per_page counts."""
    limit = limit or request.app.state.settings.items_per_page
    return asked_of(request, caller, limit, cursor, sort, count=count)


Paging = Annotated[PageQuery, Depends(page_query)]


async def fetch_page(
    session: AsyncSession, query: Select[Any], order: Order, asked: PageQuery
) -> Rows:
    """Answer one page of `query`, whose rows are ORM objects or have the sort columns' names."""
    column, descending = order.resolve(asked.sort)
    total = None
    if asked.count:
        matching = query.order_by(None).subquery()
        total = await session.scalar(select(func.count()).select_from(matching))
    if asked.cursor:
        last_value, last_tie = unseal(asked)
        query = query.where(_after(column, order.tie, last_value, last_tie, descending=descending))
    query = query.add_columns(column.label("sort_key"), order.tie.label("tie_key"))
    query = query.order_by(*_directions(column, order.tie, descending=descending))
    found = (await session.execute(query.limit(asked.limit + 1))).all()
    rows = found[: asked.limit]
    more = len(found) > asked.limit
    cursor = seal(asked, *rows[-1][-2:]) if more else None
    one_entity = bool(rows) and len(rows[0]) == len(("entity", "sort_key", "tie_key"))
    return Rows([row[0] if one_entity else row for row in rows], cursor, total)


def _nullable(column: Any) -> bool:
    return bool(getattr(column.expression, "nullable", True))


def _directions(column: Any, tie: Any, *, descending: bool) -> tuple[Any, Any]:
    """Order both keys the same way; only a column that can be empty says where, for its index."""
    first, second = (column.desc(), tie.desc()) if descending else (column.asc(), tie.asc())
    return (first.nulls_last() if _nullable(column) else first), second


def _after(
    column: Any, tie: Any, last_value: Any, last_tie: Any, *, descending: bool
) -> ColumnElement[bool]:
    """Select what comes after the last row; empty values come last in both directions."""
    if not _nullable(column):
        keys, last = tuple_(column, tie), tuple_(last_value, last_tie)
        return keys < last if descending else keys > last
    beyond_tie = tie < last_tie if descending else tie > last_tie
    if last_value is None:
        return and_(column.is_(None), beyond_tie)
    beyond = column < last_value if descending else column > last_value
    return or_(beyond, and_(column == last_value, beyond_tie), column.is_(None))


def _signature(asked: PageQuery, payload: bytes) -> bytes:
    return hmac.new(asked.key, payload + b"\0" + asked.binding, hashlib.sha256).digest()[:16]


def seal(asked: PageQuery, value: Any, tie: Any) -> str:
    """Make the cursor of what comes after a row: its sort value and what breaks ties, signed."""
    payload = orjson.dumps([_kind(value), value, _kind(tie), tie], default=str)
    return base64.urlsafe_b64encode(_signature(asked, payload) + payload).decode().rstrip("=")


def unseal(asked: PageQuery) -> tuple[Any, Any]:
    """Answer the sort value and the tie-breaker of the cursor that was sent.

    Raises:
        Malformed: the cursor was not made by `seal` for the same question.
    """
    text = asked.cursor or ""
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        signature, payload = sealed[:16], sealed[16:]
        if not hmac.compare_digest(signature, _signature(asked, payload)):
            payload = b""  # forged; unreadable below, like any other nonsense
        value_kind, value, tie_kind, tie = orjson.loads(payload)
        return _restore(value_kind, value), _restore(tie_kind, tie)
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed("The cursor is not one of this list.", code="cursor_invalid") from error


_KINDS: dict[str, Any] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "Decimal": Decimal,
    "UUID": UUID,
}


def _kind(value: Any) -> str:
    return type(value).__name__


def _restore(kind: str, value: Any) -> Any:
    restore = _KINDS.get(kind)
    return value if restore is None or value is None else restore(value)
