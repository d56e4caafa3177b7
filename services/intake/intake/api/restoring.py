"""Deleted records, for those who may delete any: they also list and restore them (GAT-014)."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from chassis.http.unit import expect_version
from intake.commands import restoring as commands
from intake.queries.removed import Restorable, RestorableT
from kernel.errors import Forbidden

Deleted = Annotated[bool, Query(description="List the deleted ones, to restore.")]


def require_restorer(caller: Caller, table: type[Restorable], *, deleted: bool = True) -> None:
    """Let only those on to `deleted` records who may delete any.

    Raises:
        Forbidden: the caller may not.
    """
    right = f"intake.{table.__tablename__}.delete"
    if deleted and caller.rights.get(right) != "all":
        raise Forbidden("Only administrators see deleted records.", right=right)


async def restore(
    session: AsyncSession,
    table: type[RestorableT],
    record_id: UUID,
    caller: Caller,
    expected: int | None,
) -> None:
    """Bring a deleted record back that is at the expected version.

    Raises:
        Forbidden: the caller may not delete any record.
        NotFound: there is none, or it is not deleted.
        Conflict: a value only one record has is taken, or what it belongs to is deleted.
    """
    require_restorer(caller, table)
    record = await commands.lock_to_restore(session, table, record_id)
    expect_version(record.version, expected)
    await commands.restore(session, record)
