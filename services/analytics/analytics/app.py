"""The API of analytics."""

from fastapi import FastAPI

from analytics.api import dashboard, reports
from analytics.settings import Settings
from chassis.http.app import build_app
from chassis.tokens import Verifier

DESCRIPTION = "Append-only event log, star schema, dashboard and reports. Nothing here changes."


def create_app(settings: Settings, *, verifier: Verifier | None = None) -> FastAPI:
    """Make the API of this service."""
    routers = [dashboard.router, reports.router]
    return build_app("analytics", settings, routers, description=DESCRIPTION, verifier=verifier)
