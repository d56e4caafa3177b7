"""Figures can be narrowed to a country or a city, and letters are facts.

A rebuild fills in what the log has of both from before.
"""

from alembic import op

revision = "2026_11_22_places_and_letters"
down_revision = "2026_11_21_star"

LETTERS = """
create table fact_letter (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    direction text,
    mailbox_id uuid,
    owner_id uuid,
    team_id uuid,
    department_id uuid,
    ticket text,
    record_ids uuid[],
    at timestamptz,
    sent_on date,
    failed boolean,
    constraint pk_fact_letter primary key (id)
)
"""


def upgrade() -> None:
    """Add the columns to what has a place, and the table of letters."""
    for table in ("fact_deal", "fact_request", "dim_company"):
        op.execute(f"alter table {table} add column country text, add column city text")
    op.execute(LETTERS)
    op.execute("create index ix_fact_letter_sent_on on fact_letter (sent_on)")
