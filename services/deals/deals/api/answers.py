"""What the answers of several endpoints have in common."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Response

from chassis.database import Record
from chassis.http.paging import Rows
from chassis.http.unit import tag
from kernel.pages import Page

OutT = TypeVar("OutT")


def page_of(found: Rows, show: Callable[[Any], OutT]) -> Page[OutT]:
    """Answer a page of rows, each as `show` writes it."""
    items = [show(row) for row in found.rows]
    return Page(items=items, next_cursor=found.next_cursor, total=found.total)


def point_to(response: Response, place: str, record: Record) -> None:
    """Say in the headers where a new record is, and its version."""
    response.headers["Location"] = f"/v1/{place}"
    tag(response, record.version)
