"""Users are found by the trigrams of their names; records of other services are known by group."""

from alembic import op

revision = "2026_11_22_known_records"
down_revision = "2026_11_21_gateway"

STATEMENTS = (
    # the default lets the release before this one go on making accounts
    "alter table account add column name_trigrams text[] not null default '{}'",
    """
    update account set name_trigrams = array(
        select distinct substr(name_key, place, 3) from generate_series(1, length(name_key) - 2)
            as place
    )
    """,
    "create index ix_account_name_trigrams on account using gin (name_trigrams)",
    """
    create table known_record (
        id uuid constraint pk_known_record primary key,
        version bigint not null,
        kind text not null,
        department_id uuid,
        team_id uuid,
        active boolean not null,
        deleted boolean not null
    )
    """,
    """
    create index ix_known_record_department_id on known_record (department_id, kind)
        where not deleted
    """,
    "create index ix_known_record_team_id on known_record (team_id, kind) where not deleted",
)


def upgrade() -> None:
    """Add both; what exists is brought along."""
    for statement in STATEMENTS:
        op.execute(statement)
