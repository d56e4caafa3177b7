"""Event log, relay, inbox, failed events, audit, idempotency keys."""

from alembic import op

revision = "2026_11_21_chassis"
down_revision = None

STATEMENTS = """
create table event_log (
    id bigint generated always as identity (cache 1) constraint pk_event_log primary key,
    event_id uuid not null constraint uq_event_log_event_id unique,
    aggregate_type text not null,
    aggregate_id uuid not null,
    aggregate_version bigint not null,
    topic text not null,
    envelope jsonb not null,
    occurred_at timestamptz not null default clock_timestamp(),
    seq bigint,
    constraint uq_event_log_aggregate_type_aggregate_id_aggregate_version
        unique (aggregate_type, aggregate_id, aggregate_version)
);
create unique index ix_event_log_seq on event_log (seq) where seq is not null;
create index ix_event_log_unsequenced on event_log (id) where seq is null;
alter table event_log set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02);
create table relay_state (
    one boolean constraint pk_relay_state primary key default true
        constraint ck_relay_state_one check (one),
    last_seq bigint not null,
    sent_seq bigint not null
);
insert into relay_state values (true, 0, 0);
create table inbox (
    subscription text not null,
    event_id uuid not null,
    received_at timestamptz not null default now(),
    constraint pk_inbox primary key (subscription, event_id)
);
create index ix_inbox_age on inbox using brin (received_at);
create table failed_event (
    id uuid constraint pk_failed_event primary key,
    subscription text not null,
    event_id uuid not null,
    topic text,
    body bytea not null,
    error text not null,
    attempts integer not null,
    state text not null constraint ck_failed_event_state
        check (state in ('waiting', 'parked', 'replayed', 'dropped')),
    first_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    next_at timestamptz not null default now(),
    constraint uq_failed_event_subscription_event_id unique (subscription, event_id)
);
create index ix_failed_event_due on failed_event (next_at) where state = 'waiting';
create table audit_entry (
    id uuid constraint pk_audit_entry primary key,
    at timestamptz not null,
    entity text not null,
    record_id uuid not null,
    action text not null,
    way text not null,
    actor text not null,
    actor_kind text not null,
    changes jsonb not null
);
create index ix_audit_entry_timeline on audit_entry (entity, record_id, id);
create table idempotency_key (
    key text not null,
    actor text not null,
    path text not null,
    body_hash bytea not null,
    status integer,
    headers jsonb,
    answer bytea,
    created_at timestamptz not null default now(),
    constraint pk_idempotency_key primary key (key, actor, path)
);
create index ix_idempotency_key_age on idempotency_key (created_at);
create table secret (
    name text constraint pk_secret primary key,
    value bytea not null
)
"""


def upgrade() -> None:
    """Create the tables."""
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
