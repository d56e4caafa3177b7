"""Refusing a body by everything that is wrong with it, not by the first mistake alone."""

from collections.abc import Iterable

from kernel.errors import FieldError, all_invalid


def refuse_wrong(fields: Iterable[FieldError]) -> None:
    """Refuse what has wrong fields; without any it is right.

    Raises:
        Invalid: with one entry per wrong field, its detail being the first one's.
    """
    errors = tuple(fields)
    if errors:
        raise all_invalid(errors)
