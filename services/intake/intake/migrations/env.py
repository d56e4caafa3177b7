"""Alembic environment of intake."""

from chassis.migrate import run_environment
from intake.models import Base

run_environment(Base.metadata)
