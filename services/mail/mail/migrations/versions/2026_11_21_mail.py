"""Mailboxes, letters, the queue of outgoing ones, replicas."""

from alembic import op

revision = "2026_11_21_mail"
down_revision = None

STATEMENTS = """
create table account (
    id uuid constraint pk_account primary key,
    version bigint not null,
    name text not null,
    email text not null,
    active boolean not null,
    department_ids uuid[] not null,
    team_ids uuid[] not null
);
create table crm_record (
    id uuid constraint pk_crm_record primary key,
    version bigint not null,
    kind text not null constraint ck_crm_record_kind
        check (kind in ('request', 'lead', 'contact', 'company', 'deal')),
    name text not null,
    email text,
    ticket text,
    owner_id uuid,
    co_owner_id uuid,
    team_id uuid,
    department_id uuid,
    contact_id uuid,
    company_id uuid,
    lead_id uuid,
    request_id uuid,
    removed boolean not null
);
create index ix_crm_record_ticket on crm_record (ticket) where ticket is not null;
create table mailbox (
    id uuid constraint pk_mailbox primary key,
    version integer not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    name text not null,
    address text not null,
    owner_id uuid not null,
    co_owner_id uuid,
    department_id uuid,
    smtp_host text not null,
    smtp_port integer not null,
    smtp_security text not null constraint ck_mailbox_smtp_security
        check (smtp_security in ('tls', 'starttls', 'none')),
    imap_host text,
    imap_port integer,
    imap_security text constraint ck_mailbox_imap_security
        check (imap_security in ('tls', 'starttls', 'none')),
    login text not null,
    secret bytea,
    secret_kind text not null constraint ck_mailbox_secret_kind
        check (secret_kind in ('password', 'oauth2_token')),
    main boolean not null,
    mailings boolean not null,
    sync boolean not null,
    intake text not null constraint ck_mailbox_intake check (intake in ('manual', 'automatic')),
    daily_limit integer not null,
    state text not null constraint ck_mailbox_state check (state in ('new', 'ok', 'failing')),
    last_error text,
    last_sync_at timestamptz,
    fail_streak integer not null,
    next_due timestamptz not null,
    lease_until timestamptz,
    lease_epoch bigint not null
);
create unique index uq_mailbox_main on mailbox (owner_id) where main and deleted_at is null;
create index ix_mailbox_owner_id on mailbox (owner_id);
create index ix_mailbox_next_due on mailbox (next_due) where sync and deleted_at is null;
create table folder (
    id uuid constraint pk_folder primary key,
    mailbox_id uuid not null constraint fk_folder_mailbox_id references mailbox,
    name text not null,
    role text not null constraint ck_folder_role check (role in ('inbox', 'sent')),
    uidvalidity bigint not null,
    last_uid bigint not null,
    scanned_at timestamptz not null,
    recovering_since timestamptz,
    constraint uq_folder_mailbox_id_name unique (mailbox_id, name)
);
create table message (
    id uuid constraint pk_message primary key,
    version integer not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    direction text not null constraint ck_message_direction check (direction in ('in', 'out')),
    state text not null constraint ck_message_state check (state in
        ('draft', 'queued', 'sending', 'sent', 'failed', 'uncertain', 'received')),
    mailbox_id uuid constraint fk_message_mailbox_id references mailbox,
    owner_id uuid not null,
    co_owner_id uuid,
    department_id uuid,
    rfc_id text,
    aliases text[] not null,
    digest bytea,
    doubted boolean not null,
    in_reply_to text,
    reference_ids text[] not null,
    sender jsonb not null,
    recipients_to jsonb not null,
    recipients_cc jsonb not null,
    subject text not null,
    ticket text,
    dated_at timestamptz not null,
    sent_at timestamptz,
    attachments jsonb not null,
    defect text,
    error text
);
create unique index uq_message_rfc_id_digest on message (rfc_id, digest) where deleted_at is null;
create index ix_message_rfc_id on message (rfc_id);
create index ix_message_aliases on message using gin (aliases) where aliases <> '{}';
create index ix_message_dated_at_id on message (dated_at, id);
create index ix_message_owner_id_dated_at on message (owner_id, dated_at);
create index ix_message_ticket on message (ticket) where ticket is not null;
create table body (
    message_id uuid constraint pk_body primary key
        constraint fk_body_message_id references message,
    text text not null,
    html text,
    headers jsonb not null,
    original bytea
);
create table link (
    message_id uuid not null constraint fk_link_message_id references message,
    record_id uuid not null,
    kind text not null,
    way text not null constraint ck_link_way check (way in ('ticket', 'thread', 'hand')),
    constraint pk_link primary key (message_id, record_id)
);
create index ix_link_record_id on link (record_id, message_id);
create table location (
    folder_id uuid not null constraint fk_location_folder_id references folder,
    uidvalidity bigint not null,
    uid bigint not null,
    message_id uuid not null constraint fk_location_message_id references message,
    mailbox_id uuid not null constraint fk_location_mailbox_id references mailbox,
    rfc_id text not null,
    size bigint not null,
    constraint pk_location primary key (folder_id, uidvalidity, uid)
);
create index ix_location_message_id on location (message_id);
create index ix_location_folder_id_rfc_id on location (folder_id, rfc_id);
create table outgoing (
    message_id uuid constraint pk_outgoing primary key
        constraint fk_outgoing_message_id references message,
    stage text not null constraint ck_outgoing_stage check (stage in ('waiting', 'claimed', 'data')),
    attempts integer not null,
    first_at timestamptz not null,
    next_at timestamptz not null,
    lease_until timestamptz,
    lease_epoch bigint not null
);
create index ix_outgoing_next_at on outgoing (next_at);
create table recipient (
    message_id uuid not null constraint fk_recipient_message_id references message,
    address text not null,
    state text not null constraint ck_recipient_state check (state in ('waiting', 'sent', 'refused')),
    code integer,
    reply text,
    constraint pk_recipient primary key (message_id, address)
)
"""


def upgrade() -> None:
    """Create the tables."""
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
