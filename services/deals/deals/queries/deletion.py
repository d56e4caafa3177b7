"""Tells deleted records from those there are."""

from typing import Any

from sqlalchemy import ColumnElement


def there(table: Any, *, deleted: bool = False) -> ColumnElement[bool]:
    """Answer the condition for the records there are, or for the deleted ones."""
    condition: ColumnElement[bool] = table.deleted_at.is_(None)
    return ~condition if deleted else condition
