"""Whose the records of other services are; what keeps a deleted department or team is found."""

from alembic import op

revision = "2026_11_22_known_owners"
down_revision = "2026_11_22_known_records"

STATEMENTS = (
    # `./rapport refill gateway` fills it for records that were known before
    "alter table known_record add column owner_id uuid",
    "create index ix_known_record_owner_id on known_record (owner_id, kind) where not deleted",
    "drop index ix_known_record_department_id",
    "create index ix_known_record_department_id on known_record (department_id, kind)",
    "drop index ix_known_record_team_id",
    "create index ix_known_record_team_id on known_record (team_id, kind)",
)


def upgrade() -> None:
    """Add the owner; the indexes by group hold deleted records, too."""
    for statement in STATEMENTS:
        op.execute(statement)
