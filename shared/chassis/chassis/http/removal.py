"""What administrators do with deleted records: list them, and remove them for good (GAT-014).

async def list_leads(..., caller: LeadReader, deleted: Deleted = False): ...
router = purge_router(REMOVABLES)  # POST /v1/leads/{lead_id}/purge
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from chassis.auth import Caller, may
from chassis.http.unit import IfMatch, Route, WriteSession, expect_version
from chassis.removal import Removable, lock_deleted, purge

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


def _endpoint(removable: Removable) -> Callable[..., Awaitable[Response]]:
    name = removable.path.rpartition("/")[2].strip("{}")

    async def purge_record(
        record_id: Annotated[UUID, Path(alias=name)],
        session: WriteSession,
        caller: Annotated[Caller, Depends(may(removable.right))],
        if_match: IfMatch,
    ) -> Response:
        caller.require_everywhere(removable.right)
        record = await lock_deleted(session, removable, record_id)
        expect_version(record.version, if_match)
        await purge(session, removable, record)
        return Response(status_code=204)

    return purge_record
