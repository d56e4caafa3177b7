"""The API of deals."""

from fastapi import FastAPI

from chassis.database import Database
from chassis.http.app import build_app
from chassis.http.removal import purge_router
from chassis.origin import by_system
from chassis.tokens import Verifier
from deals.api import (
    board,
    closing_reasons,
    currencies,
    deals,
    imports,
    outcomes,
    outputs,
    payments,
    pipelines,
    products,
    rates,
    stages,
)
from deals.commands.shipped import ensure_shipped
from deals.queries.removables import REMOVABLES
from deals.settings import Settings

MODULES = (
    pipelines,
    stages,
    board,
    closing_reasons,
    products,
    deals,
    outcomes,
    outputs,
    payments,
    currencies,
    rates,
    imports,
)
ROUTERS = (*(module.router for module in MODULES), purge_router(REMOVABLES))


def create_app(settings: Settings, *, verifier: Verifier | None = None) -> FastAPI:
    """Make the API of deals."""
    return build_app(
        "deals",
        settings,
        ROUTERS,
        description="Pipelines, deals, lines, payments, currencies and their dated rates.",
        verifier=verifier,
        body_limits={
            "/v1/imports": settings.max_import_bytes,
            "/v1/rates/import": settings.max_import_bytes,
        },
        on_start=_fill,
    )


async def _fill(app: FastAPI) -> None:
    database: Database = app.state.database
    async with database.transaction(by_system("shipped")) as session:
        await ensure_shipped(session)
