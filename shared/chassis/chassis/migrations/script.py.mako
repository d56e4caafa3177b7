"""${message}"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Change the schema; additions only while older code runs."""
    ${upgrades if upgrades else 'raise NotImplementedError'}
