"""Bringing deleted records back, by those who may delete any (GAT-014)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from chassis.http.unit import expect_version
from intake.commands import restoring as commands
from intake.queries.removed import RestorableT


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
    caller.require_everywhere(f"intake.{table.__tablename__}.delete")
    record = await commands.lock_to_restore(session, table, record_id)
    expect_version(record.version, expected)
    await commands.restore(session, record)
