"""Rules of departments and teams."""

from collections.abc import Mapping
from uuid import UUID


def is_below_itself(
    department: UUID, parent: UUID | None, parents: Mapping[UUID, UUID | None]
) -> bool:
    """Answer whether `department` would stand under itself with this parent."""
    above = parent
    while above is not None and above != department:
        above = parents.get(above)
    return above is not None
