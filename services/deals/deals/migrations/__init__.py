"""Alembic migrations of deals."""
