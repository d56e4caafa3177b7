"""Alembic environment of the chassis' tables."""

from chassis.migrate import run_environment
from chassis.tables import metadata

run_environment(metadata, "chassis_version")
