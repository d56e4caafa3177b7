"""The gateway's API, and everybody's way in."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import structlog
from fastapi import FastAPI
from starlette.routing import Route

from chassis.database import Database
from chassis.http.app import build_app
from chassis.http.removal import purge_router
from chassis.origin import by_system
from chassis.running import keep_running
from chassis.secrets import service_key
from chassis.tokens import Signer, Verifier, load_or_make_signer
from gateway.api import departments, docs, hand_over, login, me, roles, teams, users
from gateway.api.gate import Gate
from gateway.api.proxy import Proxy
from gateway.clients.upstream import DirectUpstream, HttpUpstream, Upstream
from gateway.commands.passwords import Passwords
from gateway.commands.setup import first_login, make_first_administrator, pending_setup_token
from gateway.queries.removables import REMOVABLES
from gateway.queries.users import administrators
from gateway.settings import Settings

ROUTERS = [
    *(part.router for part in (login, me, users, hand_over, departments, teams, roles)),
    purge_router(REMOVABLES),
]

log = structlog.get_logger()

FIRST_STEPS = (
    "there is no administrator yet: post {token, email, password} as JSON, "
    "or start with RAPPORT_ADMIN_EMAIL and RAPPORT_ADMIN_PASSWORD set"
)


def create_app(
    settings: Settings,
    *,
    verifier: Verifier | None = None,
    signer: Signer | None = None,
    upstreams: Mapping[str, Upstream] | None = None,
) -> FastAPI:
    """Make the gateway; `upstreams` are the services behind it, by default those of `settings`."""
    app = build_app(
        "gateway",
        settings,
        ROUTERS,
        description="Users, groups, rights, sessions; the way to every service.",
        verifier=verifier,
        body_limits={"/api/v1/": settings.forwarded_body_bytes},
        on_start=_start,
    )
    if upstreams is None:
        upstreams = {name: HttpUpstream(name, url) for name, url in settings.upstream_urls.items()}
    app.state.upstreams = {**upstreams, "gateway": DirectUpstream(app)}
    app.state.described = docs.Described(app.state.upstreams)
    app.include_router(docs.router)
    # first, for FastAPI tries its routes one by one; no path of the gateway's own is like this one
    app.router.routes.insert(0, Route("/api/v1/{service}/{path:path}", Proxy()))
    _surround(app, signer)
    return app


def _surround(app: FastAPI, signer: Signer | None) -> None:
    """Let what the gateway needs beside the chassis begin before it and end after it."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state = app.state
        state.signer = signer or load_or_make_signer(state.settings.keys_folder)
        state.passwords = Passwords()
        try:
            async with inner(app):
                state.gate = Gate(state.database, state.verifier, state.signer)
                watching = asyncio.create_task(keep_running("gateway.rights", state.gate.watch))
                try:
                    yield
                finally:
                    watching.cancel()
                    with suppress(asyncio.CancelledError):
                        await watching
        finally:
            state.passwords.close()
            for upstream in state.upstreams.values():
                await upstream.close()

    app.router.lifespan_context = lifespan


async def _start(app: FastAPI) -> None:
    state = app.state
    state.refresh_key = await service_key(state.database, "refresh_token")
    await _ensure_administrator(state.database, state.settings, state.passwords)


async def _ensure_administrator(
    database: Database, settings: Settings, passwords: Passwords
) -> None:
    """Make the first administrator, or say how to (GAT-029)."""
    async with database.reading() as session:
        if await administrators(session):
            return
    origin = by_system("setup")
    if settings.admin_email and settings.admin_password:
        email, password = first_login(settings.admin_email, settings.admin_password)
        hashed = await passwords.hash(password)
        async with database.transaction(origin) as session:
            await make_first_administrator(session, email, hashed)
        return
    async with database.transaction(origin) as session:
        token = await pending_setup_token(session)
    log.warning("setup.needed", post="/api/v1/gateway/setup", token=token, how=FIRST_STEPS)
