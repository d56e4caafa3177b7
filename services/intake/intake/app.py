"""The API of intake."""

from fastapi import FastAPI

from chassis.http.app import build_app
from chassis.http.removal import purge_router
from chassis.origin import by_system
from chassis.tokens import Verifier
from intake.api import (
    companies,
    contacts,
    conversion,
    customers,
    lead_sources,
    lead_statuses,
    leads,
    public_forms,
    request_states,
    requests,
    web_forms,
)
from intake.commands.shipped import ensure_shipped
from intake.queries.removables import REMOVABLES
from intake.settings import Settings

ROUTERS = (
    public_forms.router,  # first, for routes are tried one by one and anybody may flood this one
    requests.router,
    request_states.router,
    leads.router,
    conversion.router,
    companies.router,
    contacts.router,
    customers.router,
    lead_statuses.router,
    lead_sources.router,
    web_forms.router,
    purge_router(REMOVABLES),
)


def create_app(settings: Settings, *, verifier: Verifier | None = None) -> FastAPI:
    """Make the API of intake."""
    return build_app(
        "intake",
        settings,
        ROUTERS,
        description="Requests, leads, companies, contacts, customers.",
        verifier=verifier,
        on_start=start,
    )


async def start(app: FastAPI) -> None:
    """Let a new suite have what it is shipped with."""
    async with app.state.database.transaction(by_system("shipped")) as session:
        await ensure_shipped(session)
