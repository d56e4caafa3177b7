"""Alembic environment of the tables of deals."""

from chassis.migrate import run_environment
from deals.models import Base

run_environment(Base.metadata)
