"""Users, departments, teams, sessions, first set-up."""

from alembic import op

revision = "2026_11_21_gateway"
down_revision = None

STATEMENTS = """
create table account (
    id uuid constraint pk_account primary key,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    email text not null,
    email_key text not null constraint uq_account_email_key unique,
    name text not null,
    name_key text not null,
    password_hash text,
    roles text[] not null,
    department_ids uuid[] not null,
    language text not null,
    time_zone text not null,
    active boolean not null
);
create index ix_account_name_id on account (name, id);
create index ix_account_email_id on account (email, id);
create index ix_account_created_at_id on account (created_at, id);
create index ix_account_department_ids on account using gin (department_ids);
create index ix_account_administrators on account (id)
    where active and 'administrator' = any (roles);
create table department (
    id uuid constraint pk_department primary key,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    name text not null,
    name_key text not null,
    head_id uuid constraint fk_department_head_id references account,
    parent_id uuid constraint fk_department_parent_id references department,
    country text,
    currency text,
    works_globally boolean not null,
    lead_source_id uuid,
    active boolean not null
);
create unique index uq_department_name_key on department (name_key) where deleted_at is null;
create index ix_department_head_id on department (head_id);
create index ix_department_parent_id on department (parent_id);
create table team (
    id uuid constraint pk_team primary key,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    name text not null,
    name_key text not null,
    leader_id uuid constraint fk_team_leader_id references account,
    department_id uuid constraint fk_team_department_id references department,
    alias text,
    target_amount numeric(22, 4),
    target_currency text,
    uses_leads boolean not null,
    active boolean not null,
    constraint ck_team_target check ((target_amount is null) = (target_currency is null))
);
create unique index uq_team_name_key on team (name_key) where deleted_at is null;
create index ix_team_leader_id on team (leader_id);
create index ix_team_department_id on team (department_id);
create table team_member (
    team_id uuid not null constraint fk_team_member_team_id references team,
    user_id uuid not null constraint fk_team_member_user_id references account,
    max_30d integer not null,
    skip boolean not null,
    filter jsonb not null,
    constraint pk_team_member primary key (team_id, user_id)
);
create index ix_team_member_user_id on team_member (user_id);
create table login_session (
    id uuid constraint pk_login_session primary key,
    user_id uuid not null constraint fk_login_session_user_id references account,
    created_at timestamptz not null,
    used_at timestamptz not null,
    ended_at timestamptz,
    end_reason text
);
create index ix_login_session_user_id on login_session (user_id) where ended_at is null;
create index ix_login_session_ended_at on login_session (ended_at) where ended_at is not null;
create table refresh_token (
    digest bytea constraint pk_refresh_token primary key,
    session_id uuid not null constraint fk_refresh_token_session_id references login_session,
    issued_at timestamptz not null,
    used_at timestamptz
);
create index ix_refresh_token_session_id on refresh_token (session_id);
create index ix_refresh_token_used_at on refresh_token (used_at);
create table setup_token (
    digest bytea constraint pk_setup_token primary key,
    made_at timestamptz not null,
    used_at timestamptz
);
create table rights_state (
    one boolean constraint pk_rights_state primary key constraint ck_rights_state_one check (one),
    version bigint not null
);
insert into rights_state values (true, 1);
"""


def upgrade() -> None:
    """Make every table."""
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
