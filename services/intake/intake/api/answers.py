"""Answers built from rows: a record with the columns selected beside it, and a page of them."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.http.paging import Order, PageQuery, fetch_page
from kernel.pages import Page

OutT = TypeVar("OutT", bound=BaseModel)


async def answer_page(
    session: AsyncSession, query: Any, order: Order, asked: PageQuery, show: Callable[[Any], OutT]
) -> Page[OutT]:
    """Answer one page of a list, each row as `show` makes it."""
    page = await fetch_page(session, query, order, asked)
    items = [show(row) for row in page.rows]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


def answer(out: type[OutT], row: Any, **more: Any) -> OutT:
    """Build an answer from a row whose first column is the record."""
    record, labels = row[0], row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    values = {
        name: labels[name] if name in labels else getattr(record, name)
        for name in out.model_fields
        if name not in more
    }
    return out.model_validate({**values, **more})
