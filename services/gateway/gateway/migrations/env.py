"""Alembic environment of the gateway."""

from chassis.migrate import run_environment
from gateway.models import department, session, setup, team, user  # noqa: F401 - known to metadata
from gateway.models.base import Base

run_environment(Base.metadata)
