"""Alembic environment of mail's tables."""

from chassis.migrate import run_environment
from mail.models import Base

run_environment(Base.metadata)
