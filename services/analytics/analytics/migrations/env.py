"""Alembic environment of analytics."""

from analytics.models.base import Base
from chassis.migrate import run_environment

run_environment(Base.metadata)
