"""What administrators do with deleted records: list, restore, remove for good (GAT-014).

async def list_leads(..., caller: LeadReader, deleted: Deleted = False): ...
async def restore(deal: Annotated[Deal, Depends(deleted_record(DEALS))], ...): ...
router = purge_router(REMOVABLES)  # POST /v1/leads/{lead_id}/purge
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller, may
from chassis.database import Record
from chassis.http.unit import IfMatch, Route, WriteSession, expect_version
from chassis.removal import Removable, lock_deleted, purge

LockFirst = Callable[[AsyncSession, UUID], Awaitable[None]]
Deleted = Annotated[bool, Query(description="List the deleted ones, to restore.")]


def purge_router(removables: Sequence[Removable]) -> APIRouter:
    """Make the endpoints that remove deleted records for good."""
    router = APIRouter(route_class=Route)
    for removable in removables:
        router.add_api_route(
            f"/{removable.path}/purge",
            _endpoint(removable),
            methods=["POST"],
            status_code=204,
            tags=[removable.collection],
            name="purge",
            description="Remove a deleted record for good, with its parts. For administrators.",
        )
    return router


def deleted_record(
    removable: Removable, lock_first: LockFirst | None = None
) -> Callable[..., Awaitable[Record]]:
    """Make the dependency that answers a deleted record, locked, at the expected version.

    `lock_first` locks what everybody locks before such a record.
    """

    async def locked(
        record_id: Annotated[UUID, Path(alias=removable.parameter)],
        session: WriteSession,
        caller: Annotated[Caller, Depends(may(removable.right))],
        if_match: IfMatch,
    ) -> Record:
        caller.require_everywhere(removable.right)
        if lock_first:
            await lock_first(session, record_id)
        record = await lock_deleted(session, removable, record_id)
        expect_version(record.version, if_match)
        return record

    return locked


def _endpoint(removable: Removable) -> Callable[..., Awaitable[Response]]:
    async def purge_record(
        record: Annotated[Record, Depends(deleted_record(removable))], session: WriteSession
    ) -> Response:
        await purge(session, removable, record)
        return Response(status_code=204)

    return purge_record
