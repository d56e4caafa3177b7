"""The ledger's accounts and changes, the mirror's accounts and bookings."""

from alembic import op

revision = "2026_11_21_ledger"
down_revision = None

STATEMENTS = """
create table account (
    id uuid primary key, version bigint not null, name text not null, balance bigint not null,
    note text
);
create table change (
    account_id uuid not null, version bigint not null, amount bigint not null,
    primary key (account_id, version)
);
create table mirrored_account (id uuid primary key, balance bigint not null);
create table booking (
    id bigint generated always as identity primary key, event_id uuid not null,
    account_id uuid not null, version bigint not null, amount bigint not null,
    said_at timestamptz not null, heard_at timestamptz not null default clock_timestamp()
)
"""


def upgrade() -> None:
    """Create the tables; a booking heard twice would be stored twice, and so be seen."""
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
