"""Filters of lists; text search is answered from a trigram index (GAT-009, INT-139)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from intake.domain.index_keys import digits_of
from intake.models.base import Searchable
from kernel.text import fold, like_pattern, trigrams

LEAST_DIGITS = 3


def equal_to(wanted: Mapping[Any, Any]) -> list[ColumnElement[bool]]:
    """Select the rows whose columns have these values; a column without one may have any."""
    return [column == value for column, value in wanted.items() if value is not None]


def holding(table: type[Searchable], text: str) -> ColumnElement[bool]:
    """Select the rows in which `text` occurs, a phone number also by its digits alone."""
    wanted = [fold(text)]
    digits = digits_of(text).lstrip("0")
    if len(digits) >= LEAST_DIGITS and not any(character.isalpha() for character in text):
        wanted.append(digits)
    return or_(*(_occurs(table, part) for part in dict.fromkeys(wanted)))


def _occurs(table: type[Searchable], text: str) -> ColumnElement[bool]:
    like = table.search_key.like(f"%{like_pattern(text)}%", escape="\\")
    grams = trigrams(text)
    return and_(table.search_trigrams.contains(grams), like) if grams else like
