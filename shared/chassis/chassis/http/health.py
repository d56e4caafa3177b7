"""Liveness, readiness and metrics of a process (GAT-082)."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis.http.unit import database_of
from kernel.errors import Unavailable

router = APIRouter(tags=["health"], include_in_schema=False)


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Answer that the process runs."""
    return {"status": "live"}


@router.get("/health/ready")
async def ready(request: Request) -> dict[str, str]:
    """Answer that the process can work: its database answers."""
    try:
        async with database_of(request).reading() as session:
            await session.execute(text("select 1"))
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable("The database does not answer.", retry_after=5) from error
    return {"status": "ready"}


@router.get("/metrics")
async def prometheus() -> Response:
    """Answer the process' metrics in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
