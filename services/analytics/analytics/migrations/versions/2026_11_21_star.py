"""The log, the star schema folded from it, and the function that converts money."""

from alembic import op

revision = "2026_11_21_star"
down_revision = None

TABLES = """
create table dim_company (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    active boolean,
    owner_id uuid,
    department_id uuid,
    team_id uuid,
    created_at timestamptz,
    constraint pk_dim_company primary key (id)
);
create index ix_dim_company_created_at on dim_company (created_at);
create table dim_currency (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    code text,
    national boolean,
    reporting boolean,
    said_at timestamptz,
    constraint pk_dim_currency primary key (id)
);
create table dim_customer (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    company_id uuid,
    owner_id uuid,
    department_id uuid,
    team_id uuid,
    created_at timestamptz,
    constraint pk_dim_customer primary key (id)
);
create index ix_dim_customer_created_at on dim_customer (created_at);
create table dim_department (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    active boolean,
    constraint pk_dim_department primary key (id)
);
create table dim_lead_status (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    active boolean,
    qualified boolean,
    constraint pk_dim_lead_status primary key (id)
);
create table dim_pipeline (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    active boolean,
    position integer,
    constraint pk_dim_pipeline primary key (id)
);
create table dim_product (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    active boolean,
    constraint pk_dim_product primary key (id)
);
create table dim_rate (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    code text,
    day date,
    rate numeric(24, 8),
    constraint pk_dim_rate primary key (id)
);
create index ix_dim_rate_code_day on dim_rate (code, day);
create table dim_reason (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    active boolean,
    constraint pk_dim_reason primary key (id)
);
create table dim_source (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    active boolean,
    constraint pk_dim_source primary key (id)
);
create table dim_stage (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    active boolean,
    pipeline_id uuid,
    position integer,
    probability integer,
    conditional_win boolean,
    constraint pk_dim_stage primary key (id)
);
create table dim_team (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    active boolean,
    constraint pk_dim_team primary key (id)
);
create table dim_user (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    active boolean,
    constraint pk_dim_user primary key (id)
);
create table fact_deal (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    name text,
    status text,
    amount numeric(22, 4),
    currency text,
    pipeline_id uuid,
    stage_id uuid,
    probability integer,
    owner_id uuid,
    co_owner_id uuid,
    team_id uuid,
    department_id uuid,
    source_id uuid,
    company_id uuid,
    customer_id uuid,
    contact_id uuid,
    lead_id uuid,
    request_id uuid,
    created_at timestamptz,
    created_on date,
    closed_on date,
    closed_at timestamptz,
    reason_id uuid,
    stage_before_id uuid,
    irrelevant boolean,
    constraint pk_fact_deal primary key (id)
);
create index ix_fact_deal_closed_on on fact_deal (closed_on);
create index ix_fact_deal_created_at on fact_deal (created_at);
create index ix_fact_deal_created_on on fact_deal (created_on);
create index ix_fact_deal_lead_id on fact_deal (lead_id);
create index ix_fact_deal_request_id on fact_deal (request_id);
create table fact_lead (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    title text,
    created_on date,
    source_id uuid,
    status_id uuid,
    owner_id uuid,
    team_id uuid,
    department_id uuid,
    promoted boolean,
    converted boolean,
    disqualified boolean,
    constraint pk_fact_lead primary key (id)
);
create index ix_fact_lead_created_on on fact_lead (created_on);
create table fact_line (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    deal_id uuid,
    product_id uuid,
    quantity numeric(22, 4),
    amount numeric(22, 4),
    currency text,
    constraint pk_fact_line primary key (id)
);
create index ix_fact_line_deal_id on fact_line (deal_id);
create table fact_payment (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    deal_id uuid,
    status text,
    amount numeric(22, 4),
    currency text,
    paid_on date,
    constraint pk_fact_payment primary key (id)
);
create index ix_fact_payment_deal_id on fact_payment (deal_id);
create index ix_fact_payment_paid_on on fact_payment (paid_on);
create table fact_request (
    id uuid not null,
    version bigint not null,
    counts boolean not null,
    folded jsonb not null,
    received_on date,
    kind text,
    verdict text,
    source_id uuid,
    owner_id uuid,
    department_id uuid,
    company_id uuid,
    contact_id uuid,
    lead_id uuid,
    product_ids uuid[],
    constraint pk_fact_request primary key (id)
);
create index ix_fact_request_received_on on fact_request (received_on);
create table fact_stage_stay (
    deal_id uuid not null,
    place integer not null,
    stage_id uuid not null,
    entered_at timestamptz not null,
    left_at timestamptz,
    constraint pk_fact_stage_stay primary key (deal_id, place)
);
create table logged_event (
    event_id uuid not null,
    place bigint generated always as identity (cache 1),
    service text not null,
    topic text not null,
    aggregate_type text not null,
    aggregate_id uuid not null,
    version bigint not null,
    at timestamptz not null,
    actor text,
    actor_kind text not null,
    correlation_id uuid,
    department_id uuid,
    team_id uuid,
    source_seq bigint,
    data jsonb not null,
    constraint pk_logged_event primary key (event_id)
);
create index ix_logged_event_aggregate_id_version on logged_event (aggregate_id, version);
create index ix_logged_event_place on logged_event using brin (place);
create table progress (
    one boolean not null constraint ck_progress_one check (one),
    data_through timestamptz,
    constraint pk_progress primary key (one)
);
insert into progress values (true, null)
"""

# div and mod are exact, so that a tie is a tie: round(numeric) would round the quotient first
# and then away from zero.
CONVERTED = """
create function converted(amount numeric, rate_from numeric, rate_to numeric) returns numeric
    language plpgsql immutable strict parallel safe
    as $$
        declare
            cents numeric := amount * 100;
            doubled_rest numeric;
        begin
            if rate_from = rate_to then
                if cents = trunc(cents) then
                    return round(amount, 2);
                end if;
                rate_from := 1;
                rate_to := 1;
            end if;
            cents := abs(cents) * rate_from;
            doubled_rest := 2 * mod(cents, rate_to);
            cents := div(cents, rate_to);
            if doubled_rest > rate_to or (doubled_rest = rate_to and mod(cents, 2) = 1) then
                cents := cents + 1;
            end if;
            return sign(amount) * cents * 0.01;
        end
    $$
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    op.execute(CONVERTED)
