"""One page of a list, as every list endpoint answers it."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

Limit = Annotated[int, Field(ge=1, le=200)]
"""How many items a page may hold."""


def _unknown(total: int | None) -> bool:
    return total is None


class Page(BaseModel, Generic[T]):
    """Some items, and the cursor of the next page, which is null at the end.

    `total` is counted only when the caller asked for it, and is left out otherwise.
    """

    model_config = ConfigDict(frozen=True)

    items: list[T]
    next_cursor: str | None
    total: int | None = Field(default=None, exclude_if=_unknown)
