"""The names of what figures are counted by."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import any_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.models import dimensions as dim
from analytics.queries.log import IDS

UNKNOWN: Final = "Unknown"

NAMED: Final = (
    dim.User,
    dim.Department,
    dim.Source,
    dim.Pipeline,
    dim.Stage,
    dim.Reason,
    dim.Product,
    dim.Company,
)


NAMES: Final = union_all(
    *(select(table.id, table.name).where(table.id == any_(IDS)) for table in NAMED)
)


async def names_of(session: AsyncSession, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Answer the names of these users, departments, sources and so on, in one statement."""
    wanted = list({one for one in ids if one})
    rows = await session.execute(NAMES, {"ids": wanted})
    return {row.id: row.name for row in rows if row.name}
