"""The app factory: what every service's API has in common comes from one call."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig

from chassis import telemetry
from chassis.database import Database
from chassis.http import internal
from chassis.http.guard import Guard
from chassis.http.health import router as health_router
from chassis.http.problems import install_problem_handlers
from chassis.http.schemas import ProblemOut
from chassis.secrets import cursor_key
from chassis.settings import ChassisSettings
from chassis.tokens import Verifier, load_verifier
from kernel import clock

API_VERSION = "0.1.0"


def build_app(
    service: str,
    settings: ChassisSettings,
    routers: Sequence[APIRouter],
    *,
    description: str,
    verifier: Verifier | None = None,
    body_limits: Mapping[str, int] = MappingProxyType({}),
    on_start: Callable[[FastAPI], Awaitable[None]] | None = None,
) -> FastAPI:
    """Make a service's API: its routers under /v1, health, metrics, internal paths, problems.

    `verifier` checks internal tokens; by default it is loaded from `settings.keys_folder`.
    `body_limits` gives paths that take more (uploads) their own limit in bytes, by prefix.
    `on_start` runs before the first request, with the database open.
    """
    telemetry.configure(service, settings)
    clock.use_zone(settings.zone)
    app = FastAPI(
        title=f"Rapport {service}",
        description=description,
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
        telemetry=_telemetry(settings),
        responses={"default": {"model": ProblemOut, "description": "RFC 9457 problem"}},
    )
    app.state.service = service
    app.state.settings = settings
    app.state.verifier = verifier
    app.state.on_start = on_start
    app.state.database = Database(
        settings.database_of(service), service, pool=settings.database_pool
    )
    app.router.redirect_slashes = False  # behind the gateway it would redirect to nowhere
    install_problem_handlers(app)
    for router in routers:
        app.include_router(router, prefix="/v1")
    app.include_router(internal.router)
    app.include_router(health_router)
    app.add_middleware(
        Guard,
        service=service,
        seconds=settings.request_seconds,
        body_limits={**body_limits, "": settings.max_body_bytes},
    )
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    if state.verifier is None:
        state.verifier = load_verifier(state.settings.keys_folder)
    state.cursor_key = await cursor_key(state.database)
    if state.on_start:
        await state.on_start(app)
    try:
        yield
    finally:
        await state.database.close()


def _telemetry(settings: ChassisSettings) -> TelemetryConfig:
    """Let FastAPI make spans if they are exported; metrics and logs are the guard's."""
    return {"tracing": settings.otlp_endpoint is not None, "metrics": False, "logs": False}


def _operation_id(route: APIRoute) -> str:
    """Name an operation after its tag and function, for generated clients."""
    tag = str(route.tags[0]).replace("-", "_") if route.tags else "service"
    return f"{tag}_{route.name}"
