"""Answers built from rows: a record with the columns that were selected beside it."""

from typing import Any, TypeVar

from pydantic import BaseModel

OutT = TypeVar("OutT", bound=BaseModel)


def answer(out: type[OutT], row: Any, **more: Any) -> OutT:
    """Build an answer from a row whose first column is the record."""
    record, labels = row[0], row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    values = {
        name: labels[name] if name in labels else getattr(record, name)
        for name in out.model_fields
        if name not in more
    }
    return out.model_validate({**values, **more})
