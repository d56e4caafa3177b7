"""Alembic migrations of intake."""
