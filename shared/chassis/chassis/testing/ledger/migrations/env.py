"""Alembic environment of the sample service."""

from sqlalchemy import MetaData

from chassis.migrate import run_environment

run_environment(MetaData())
