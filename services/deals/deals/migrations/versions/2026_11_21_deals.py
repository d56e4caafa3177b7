"""Pipelines, deals, lines, payments, currencies, imports, and the copies of others' records."""

from alembic import op

revision = "2026_11_21_deals"
down_revision = None

RECORD = """
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz
"""

DICTIONARIES = f"""
create table pipeline (
    id uuid constraint pk_pipeline primary key,
    name text not null,
    name_key text not null,
    description text,
    is_active boolean not null,
    is_default boolean not null,
    department_id uuid,
    position integer not null,
    {RECORD}
);
create unique index uq_pipeline_name_key on pipeline (name_key) where deleted_at is null;
create unique index uq_pipeline_default on pipeline
    (coalesce(department_id, '00000000-0000-0000-0000-000000000000'))
    where is_default and deleted_at is null;
create table stage (
    id uuid constraint pk_stage primary key,
    pipeline_id uuid not null constraint fk_stage_pipeline_id references pipeline,
    name text not null,
    name_key text not null,
    colour text,
    probability integer constraint ck_stage_probability check (probability between 0 and 100),
    description text,
    is_default boolean not null,
    is_won boolean not null,
    is_lost boolean not null,
    is_second_default boolean not null,
    is_conditional_win boolean not null,
    is_shipped boolean not null,
    is_active boolean not null,
    position integer not null,
    rot_days integer not null,
    {RECORD},
    constraint ck_stage_outcome check (not (is_won and is_lost))
);
create unique index uq_stage_name_key on stage (pipeline_id, name_key) where deleted_at is null;
create unique index uq_stage_default on stage (pipeline_id)
    where is_default and deleted_at is null;
create unique index uq_stage_won on stage (pipeline_id) where is_won and deleted_at is null;
create unique index uq_stage_lost on stage (pipeline_id) where is_lost and deleted_at is null;
create table closing_reason (
    id uuid constraint pk_closing_reason primary key,
    name text not null,
    name_key text not null,
    department_id uuid,
    outcome text not null constraint ck_closing_reason_outcome check (outcome in ('won', 'lost')),
    position integer not null,
    is_active boolean not null,
    is_irrelevant boolean not null,
    {RECORD}
);
create unique index uq_closing_reason_name_key on closing_reason
    (name_key, coalesce(department_id, '00000000-0000-0000-0000-000000000000'))
    where deleted_at is null;
create table product (
    id uuid constraint pk_product primary key,
    name text not null,
    code text,
    description text,
    price numeric(24, 6),
    currency text,
    on_sale boolean not null,
    kind text not null constraint ck_product_kind check (kind in ('goods', 'service')),
    category text,
    department_id uuid,
    name_key text not null,
    search_key text not null,
    search_trigrams text[] not null,
    {RECORD}
);
create index ix_product_name on product (name, id) where deleted_at is null;
create index ix_product_name_key on product (name_key) where deleted_at is null;
create index ix_product_search_trigrams on product using gin (search_trigrams);
create table currency (
    id uuid constraint pk_currency primary key,
    code text not null constraint uq_currency_code unique,
    is_active boolean not null,
    auto_update boolean not null,
    is_national boolean not null,
    is_reporting boolean not null,
    {RECORD}
);
create unique index uq_currency_national on currency (is_national) where is_national;
create unique index uq_currency_reporting on currency (is_reporting) where is_reporting;
create table rate (
    id uuid constraint pk_rate primary key,
    code text not null,
    day date not null,
    rate numeric(24, 8) not null constraint ck_rate_positive check (rate > 0),
    kind text not null constraint ck_rate_kind check (kind in ('approximate', 'official')),
    source text not null,
    {RECORD},
    constraint uq_rate_code_day unique (code, day)
);
create table setting (
    key text constraint pk_setting primary key,
    value jsonb not null
);
"""

DEALS = f"""
create sequence deal_number start 1000;
create table deal (
    id uuid constraint pk_deal primary key,
    code text not null constraint uq_deal_code unique,
    crm_ref uuid not null,
    ticket text not null,
    name text not null,
    description text,
    pipeline_id uuid not null constraint fk_deal_pipeline_id references pipeline,
    stage_id uuid not null constraint fk_deal_stage_id references stage,
    stage_entered_at timestamptz not null,
    stage_before_id uuid,
    status text not null constraint ck_deal_status check (status in ('open', 'won', 'lost')),
    amount numeric(22, 4) not null constraint ck_deal_amount check (amount >= 0),
    currency text not null,
    probability smallint not null
        constraint ck_deal_probability check (probability between 0 and 100),
    probability_is_manual boolean not null,
    expected_close date,
    closed_on date,
    won_at timestamptz,
    lost_at timestamptz,
    reason_id uuid constraint fk_deal_reason_id references closing_reason,
    note text,
    owner_id uuid,
    co_owner_id uuid,
    team_id uuid,
    department_id uuid,
    company_id uuid,
    contact_id uuid,
    customer_id uuid,
    partner_id uuid,
    lead_id uuid,
    request_id uuid,
    source_id uuid,
    priority smallint not null constraint ck_deal_priority check (priority between 0 and 4),
    important boolean not null,
    next_step text,
    next_step_date date,
    remind_me boolean not null,
    country text,
    city text,
    is_paid_in_full boolean not null,
    import_source text,
    external_id text,
    search_key text not null,
    search_trigrams text[] not null,
    {RECORD},
    constraint ck_deal_closed check ((status = 'open') = (closed_on is null))
);
create unique index uq_deal_external_id on deal (import_source, external_id)
    where external_id is not null;
create index ix_deal_created_at on deal (created_at, id) where deleted_at is null;
create index ix_deal_open_created_at on deal (created_at, id)
    where deleted_at is null and status = 'open';
create index ix_deal_open_name on deal (name, id) where deleted_at is null and status = 'open';
create index ix_deal_open_amount on deal (amount, id)
    where deleted_at is null and status = 'open';
create index ix_deal_open_priority on deal (priority, id)
    where deleted_at is null and status = 'open';
create index ix_deal_open_probability on deal (probability, id)
    where deleted_at is null and status = 'open';
create index ix_deal_open_next_step_date on deal (next_step_date, id)
    where deleted_at is null and status = 'open';
create index ix_deal_open_next_step_date_last on deal (next_step_date desc nulls last, id desc)
    where deleted_at is null and status = 'open';
create index ix_deal_open_expected_close on deal (expected_close, id)
    where deleted_at is null and status = 'open';
create index ix_deal_open_expected_close_last on deal (expected_close desc nulls last, id desc)
    where deleted_at is null and status = 'open';
create index ix_deal_stage_expected_close on deal
    (stage_id, coalesce(expected_close, 'infinity'::date), id) where deleted_at is null;
create index ix_deal_stage_created_at on deal (stage_id, created_at, id) where deleted_at is null;
create index ix_deal_stage_amount on deal (stage_id, amount, id) where deleted_at is null;
create index ix_deal_stage_next_step_date on deal
    (stage_id, coalesce(next_step_date, 'infinity'::date), id) where deleted_at is null;
create index ix_deal_owner_id on deal (owner_id, created_at) where deleted_at is null;
create index ix_deal_co_owner_id on deal (co_owner_id) where co_owner_id is not null;
create index ix_deal_department_id on deal (department_id, created_at) where deleted_at is null;
create index ix_deal_company_id on deal (company_id) where company_id is not null;
create index ix_deal_contact_id on deal (contact_id) where contact_id is not null;
create index ix_deal_customer_id on deal (customer_id) where customer_id is not null;
create index ix_deal_lead_id on deal (lead_id) where lead_id is not null;
create index ix_deal_request_id on deal (request_id) where request_id is not null;
create index ix_deal_closed_on on deal (closed_on) where closed_on is not null;
create index ix_deal_reason_id on deal (reason_id)
    where reason_id is not null;
create index ix_deal_code_start on deal (lower(code) text_pattern_ops);
create index ix_deal_ticket on deal (ticket);
create index ix_deal_search_trigrams on deal using gin (search_trigrams);
create table stage_entry (
    id uuid constraint pk_stage_entry primary key,
    deal_id uuid not null constraint fk_stage_entry_deal_id references deal,
    stage_id uuid not null constraint fk_stage_entry_stage_id references stage,
    entered_at timestamptz not null,
    author text not null,
    way text not null,
    days_in_previous numeric(10, 2) not null
);
create index ix_stage_entry_deal_id on stage_entry (deal_id, id);
create table output (
    id uuid constraint pk_output primary key,
    deal_id uuid not null constraint fk_output_deal_id references deal,
    product_id uuid,
    text text,
    quantity numeric(18, 3) not null constraint ck_output_quantity check (quantity > 0),
    unit_price numeric(24, 6) not null,
    total numeric(22, 4) not null,
    currency text not null,
    discount numeric(5, 2) not null,
    contract_ship_date date,
    planned_ship_date date,
    actual_ship_date date,
    serial_number text,
    {RECORD},
    constraint ck_output_what check (product_id is not null or text is not null)
);
create index ix_output_deal_id on output (deal_id, id) where deleted_at is null;
create index ix_output_product_id on output (product_id)
    where product_id is not null and deleted_at is null;
create table payment (
    id uuid constraint pk_payment primary key,
    deal_id uuid not null constraint fk_payment_deal_id references deal,
    amount numeric(22, 4) not null constraint ck_payment_amount check (amount > 0),
    currency text not null,
    day date not null,
    status text not null constraint ck_payment_status
        check (status in ('received', 'guaranteed', 'high', 'low')),
    is_cancelled boolean not null,
    contract_no text,
    invoice_no text,
    order_no text,
    via_representation boolean not null,
    {RECORD}
);
create index ix_payment_deal_id on payment (deal_id) where deleted_at is null;
create index ix_payment_day on payment (day, id) where deleted_at is null;
"""

REPLICAS = """
create table replica_user (
    id uuid constraint pk_replica_user primary key,
    version bigint not null,
    name text not null,
    is_active boolean not null,
    email text not null,
    name_key text not null,
    email_key text not null,
    department_ids uuid[] not null,
    team_ids uuid[] not null
);
create index ix_replica_user_name_key on replica_user (name_key);
create index ix_replica_user_email_key on replica_user (email_key);
create table replica_department (
    id uuid constraint pk_replica_department primary key,
    version bigint not null,
    name text not null,
    is_active boolean not null,
    currency text
);
create table replica_team (
    id uuid constraint pk_replica_team primary key,
    version bigint not null,
    name text not null,
    is_active boolean not null
);
create table replica_company (
    id uuid constraint pk_replica_company primary key,
    version bigint not null,
    name text not null,
    is_active boolean not null,
    is_deleted boolean not null,
    email text,
    phone text,
    website text,
    country text,
    city text,
    search_key text not null,
    search_trigrams text[] not null
);
create index ix_replica_company_search_key on replica_company (search_key);
create index ix_replica_company_search_trigrams on replica_company using gin (search_trigrams);
create table replica_contact (
    id uuid constraint pk_replica_contact primary key,
    version bigint not null,
    name text not null,
    is_active boolean not null,
    is_deleted boolean not null,
    emails jsonb not null,
    phones jsonb not null,
    company_id uuid,
    search_key text not null,
    search_trigrams text[] not null
);
create index ix_replica_contact_search_trigrams on replica_contact using gin (search_trigrams);
create table replica_customer (
    id uuid constraint pk_replica_customer primary key,
    version bigint not null,
    name text not null,
    is_active boolean not null,
    is_deleted boolean not null,
    code text not null,
    email text,
    company_id uuid,
    contact_id uuid,
    discount numeric(5, 2) not null,
    is_blacklisted boolean not null,
    search_key text not null,
    search_trigrams text[] not null
);
create index ix_replica_customer_company_id on replica_customer (company_id);
create index ix_replica_customer_contact_id on replica_customer (contact_id);
create index ix_replica_customer_search_trigrams on replica_customer using gin (search_trigrams);
create table replica_lead (
    id uuid constraint pk_replica_lead primary key,
    version bigint not null,
    name text not null,
    is_active boolean not null,
    is_deleted boolean not null,
    crm_ref uuid,
    email text,
    company_name text
);
create table replica_request (
    id uuid constraint pk_replica_request primary key,
    version bigint not null,
    name text not null,
    is_active boolean not null,
    is_deleted boolean not null,
    ticket text not null,
    channel text,
    description text,
    person_name text,
    person_email text,
    person_phone text,
    received_at timestamptz
);
"""

IMPORTS = f"""
create table import_job (
    id uuid constraint pk_import_job primary key,
    state text not null constraint ck_import_job_state
        check (state in ('waiting', 'running', 'finished', 'failed')),
    file_name text not null,
    content bytea,
    mapping jsonb not null,
    options jsonb not null,
    starter_id uuid not null,
    correlation_id uuid not null,
    rows integer not null,
    created integer not null,
    skipped integer not null,
    failed integer not null,
    problem text,
    started_at timestamptz,
    finished_at timestamptz,
    {RECORD}
);
create index ix_import_job_waiting on import_job (id) where state in ('waiting', 'running');
create table import_row_error (
    job_id uuid not null constraint fk_import_row_error_job_id references import_job,
    line integer not null,
    field text not null,
    code text not null,
    value text,
    constraint pk_import_row_error primary key (job_id, line)
);
"""


def upgrade() -> None:
    for part in (DICTIONARIES, DEALS, REPLICAS, IMPORTS):
        for statement in part.strip().removesuffix(";").split(";\n"):
            op.execute(statement)
