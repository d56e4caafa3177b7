"""Letters that wait on the server for their record; removed ones stay known when purged."""

from alembic import op

revision = "2026_11_22_waiting_letters"
down_revision = "2026_11_21_mail"

STATEMENTS = """
create table waiting_letter (
    folder_id uuid not null constraint fk_waiting_letter_folder_id references folder,
    uidvalidity bigint not null,
    uid bigint not null,
    mailbox_id uuid not null constraint fk_waiting_letter_mailbox_id references mailbox,
    rfc_id text not null,
    size bigint not null,
    tickets text[] not null,
    found_at timestamptz not null,
    constraint pk_waiting_letter primary key (folder_id, uidvalidity, uid)
);
create index ix_waiting_letter_tickets on waiting_letter using gin (tickets);
create table removed_letter (
    message_id uuid constraint pk_removed_letter primary key,
    rfc_id text not null,
    digest bytea not null
);
create index ix_removed_letter_digest on removed_letter (digest);
create index ix_message_deleted_at on message (deleted_at) where deleted_at is not null;
insert into removed_letter
    select id, rfc_id, digest from message
    where deleted_at is not null and rfc_id is not null and digest is not null
"""


def upgrade() -> None:
    """Create the tables; letters that are removed already are remembered."""
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
