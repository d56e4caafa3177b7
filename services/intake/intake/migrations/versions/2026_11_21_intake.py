"""Requests, leads, the directory, their dictionaries, and replicas of other services' records."""

from alembic import op

revision = "2026_11_21_intake"
down_revision = None

STATEMENTS = """
create sequence customer_code start with 1000;
create table company (
    name text not null, alternative_names text[] not null, website text, email text, email_key text,
    phone text, phone_e164 text, industry text, description text, active boolean not null, id uuid
    not null, version integer not null, created_at timestamptz not null, created_by text not null,
    updated_at timestamptz not null, updated_by text not null, deleted_at timestamptz, owner_id
    uuid, co_owner_id uuid, department_id uuid, street text, city text, state text, postal_code
    text, country text, sort_key text not null, search_key text not null, search_trigrams text[] not
    null,
    constraint pk_company primary key (id)
);
create index ix_company_created_at_id on company (created_at, id) where deleted_at is null;
create index ix_company_department_id_sort_key_id on company (department_id, sort_key, id) where deleted_at is null;
create unique index ix_company_email_key on company (email_key) where deleted_at is null;
create index ix_company_owner_id_sort_key_id on company (owner_id, sort_key, id) where deleted_at is null;
create index ix_company_search_trigrams on company using gin (search_trigrams);
create index ix_company_sort_key_id on company (sort_key, id) where deleted_at is null;
create table deal_replica (
    name text not null, status text not null, deleted boolean not null, amount numeric(22, 4),
    currency text, lead_id uuid, request_id uuid, id uuid not null, version integer not null,
    constraint pk_deal_replica primary key (id)
);
create index ix_deal_replica_lead_id on deal_replica (lead_id);
create table department_replica (
    active boolean not null, id uuid not null, version integer not null, name text not null,
    constraint pk_department_replica primary key (id)
);
create table lead_source (
    name text not null, name_key text not null, department_id uuid, active boolean not null, id uuid
    not null, version integer not null, created_at timestamptz not null, created_by text not null,
    updated_at timestamptz not null, updated_by text not null, deleted_at timestamptz,
    constraint pk_lead_source primary key (id)
);
create unique index ix_lead_source_department_id_name_key on lead_source (department_id, name_key) nulls not distinct where deleted_at is null;
create table lead_status (
    code text, name text not null, name_key text not null, colour text not null, is_default boolean
    not null, is_final boolean not null, qualified boolean not null, position integer not null, id
    uuid not null, version integer not null, created_at timestamptz not null, created_by text not
    null, updated_at timestamptz not null, updated_by text not null, deleted_at timestamptz,
    constraint pk_lead_status primary key (id),
    constraint uq_lead_status_code unique (code)
);
create unique index ix_lead_status_is_default on lead_status (is_default) where is_default and deleted_at is null;
create unique index ix_lead_status_name_key on lead_status (name_key) where deleted_at is null;
create table party_key (
    key_kind text not null, key text not null, kind text not null, party_id uuid not null,
    constraint pk_party_key primary key (key_kind, key, kind, party_id)
);
create index ix_party_key_party_id on party_key (party_id);
create table pipeline_replica (
    active boolean not null, id uuid not null, version integer not null, name text not null,
    constraint pk_pipeline_replica primary key (id)
);
create table product_replica (
    active boolean not null, id uuid not null, version integer not null, name text not null,
    constraint pk_product_replica primary key (id)
);
create table setting (
    key text not null, value jsonb not null,
    constraint pk_setting primary key (key)
);
create table stage_replica (
    pipeline_id uuid, position integer not null, is_default boolean not null, active boolean not
    null, id uuid not null, version integer not null, name text not null,
    constraint pk_stage_replica primary key (id)
);
create index ix_stage_replica_pipeline_id on stage_replica (pipeline_id);
create table team_replica (
    active boolean not null, id uuid not null, version integer not null, name text not null,
    constraint pk_team_replica primary key (id)
);
create table user_replica (
    email text not null, active boolean not null, department_ids uuid[] not null, team_ids uuid[]
    not null, id uuid not null, version integer not null, name text not null,
    constraint pk_user_replica primary key (id)
);
create table contact (
    first_name text not null, middle_name text, last_name text, emails text[] not null, phone text,
    phone_e164 text, mobile text, office_phone text, company_id uuid, job_title text,
    department_name text, birth_date date, sex text, source_id uuid, description text, do_not_email
    boolean not null, do_not_call boolean not null, active boolean not null, id uuid not null,
    version integer not null, created_at timestamptz not null, created_by text not null, updated_at
    timestamptz not null, updated_by text not null, deleted_at timestamptz, owner_id uuid,
    co_owner_id uuid, department_id uuid, street text, city text, state text, postal_code text,
    country text, sort_key text not null, search_key text not null, search_trigrams text[] not null,
    constraint pk_contact primary key (id),
    constraint ck_contact_sex check (sex in ('female', 'male', 'other')),
    constraint fk_contact_company_id foreign key(company_id) references company (id)
);
create index ix_contact_company_id_sort_key_id on contact (company_id, sort_key, id) where deleted_at is null;
create index ix_contact_created_at_id on contact (created_at, id) where deleted_at is null;
create index ix_contact_department_id_sort_key_id on contact (department_id, sort_key, id) where deleted_at is null;
create index ix_contact_owner_id_sort_key_id on contact (owner_id, sort_key, id) where deleted_at is null;
create index ix_contact_search_trigrams on contact using gin (search_trigrams);
create index ix_contact_sort_key_id on contact (sort_key, id) where deleted_at is null;
create table web_form (
    token text not null, name text not null, source_id uuid, department_id uuid, team_id uuid,
    active boolean not null, id uuid not null, version integer not null, created_at timestamptz not
    null, created_by text not null, updated_at timestamptz not null, updated_by text not null,
    deleted_at timestamptz,
    constraint pk_web_form primary key (id),
    constraint uq_web_form_token unique (token),
    constraint fk_web_form_source_id foreign key(source_id) references lead_source (id)
);
create table customer (
    code text not null, name text not null, email text, email_key text, phone text, company_id uuid,
    contact_id uuid, currency text not null, price_list text, payment_terms text not null,
    credit_limit numeric(22, 4) not null, discount numeric(5, 2) not null, tax_exempt boolean not
    null, tax_number text, registration_number text, billing_address jsonb, delivery_address jsonb,
    notes text, status text not null, blacklisted boolean not null, blacklist_reason text, id uuid
    not null, version integer not null, created_at timestamptz not null, created_by text not null,
    updated_at timestamptz not null, updated_by text not null, deleted_at timestamptz, owner_id
    uuid, co_owner_id uuid, department_id uuid, sort_key text not null, search_key text not null,
    search_trigrams text[] not null,
    constraint pk_customer primary key (id),
    constraint ck_customer_party check (company_id is not null or contact_id is not null),
    constraint ck_customer_status check (status in ('active', 'inactive', 'blocked')),
    constraint ck_customer_payment_terms check (payment_terms in ('cod', 'net15', 'net30', 'net60', 'net90', 'prepaid')),
    constraint ck_customer_blacklisted check (blacklisted = (blacklist_reason is not null)),
    constraint uq_customer_code unique (code),
    constraint fk_customer_company_id foreign key(company_id) references company (id),
    constraint fk_customer_contact_id foreign key(contact_id) references contact (id)
);
create index ix_customer_company_id on customer (company_id) where deleted_at is null;
create unique index ix_customer_contact_id on customer (contact_id) where deleted_at is null;
create index ix_customer_created_at_id on customer (created_at, id) where deleted_at is null;
create index ix_customer_department_id_sort_key_id on customer (department_id, sort_key, id) where deleted_at is null;
create unique index ix_customer_email_key on customer (email_key) where deleted_at is null;
create index ix_customer_owner_id_sort_key_id on customer (owner_id, sort_key, id) where deleted_at is null;
create index ix_customer_search_trigrams on customer using gin (search_trigrams);
create index ix_customer_sort_key_id on customer (sort_key, id) where deleted_at is null;
create table lead (
    title text not null, description text, contact_name text, contact_email text, email_key text,
    emails text[] not null, contact_phone text, phone_e164 text, mobile text, phones text[] not
    null, company_name text, job_title text, website text, industries text[] not null, client_type
    text, value_amount numeric(22, 4), value_currency text, priority integer not null, status_id
    uuid not null, source_id uuid, team_id uuid, notes text, birth_date date, do_not_email boolean
    not null, was_in_touch date, origin text not null, date_qualified timestamptz, date_lost
    timestamptz, converted_at timestamptz, customer_id uuid, company_id uuid, contact_id uuid,
    deal_id uuid, id uuid not null, version integer not null, created_at timestamptz not null,
    created_by text not null, updated_at timestamptz not null, updated_by text not null, deleted_at
    timestamptz, owner_id uuid, co_owner_id uuid, department_id uuid, street text, city text, state
    text, postal_code text, country text, sort_key text not null, search_key text not null,
    search_trigrams text[] not null,
    constraint pk_lead primary key (id),
    constraint ck_lead_priority check (priority between 0 and 4),
    constraint ck_lead_value check ((value_amount is null) = (value_currency is null)),
    constraint fk_lead_status_id foreign key(status_id) references lead_status (id),
    constraint fk_lead_customer_id foreign key(customer_id) references customer (id),
    constraint fk_lead_company_id foreign key(company_id) references company (id),
    constraint fk_lead_contact_id foreign key(contact_id) references contact (id)
);
create index ix_lead_company_id on lead (company_id) where deleted_at is null;
create index ix_lead_contact_id on lead (contact_id) where deleted_at is null;
create index ix_lead_created_at_id on lead (created_at, id) where deleted_at is null;
create index ix_lead_department_id_created_at_id on lead (department_id, created_at, id) where deleted_at is null;
create unique index ix_lead_email_key on lead (email_key) where deleted_at is null;
create index ix_lead_owner_id_created_at_id on lead (owner_id, created_at, id) where deleted_at is null;
create index ix_lead_search_trigrams on lead using gin (search_trigrams);
create index ix_lead_sort_key_id on lead (sort_key, id) where deleted_at is null;
create index ix_lead_source_id_created_at_id on lead (source_id, created_at, id) where deleted_at is null;
create index ix_lead_status_id_created_at_id on lead (status_id, created_at, id) where deleted_at is null;
create index ix_lead_value_amount on lead (value_amount);
create table request (
    ticket text not null, channel text not null, kind text not null, state text not null,
    state_reason text, original_id uuid, subject text not null, first_name text, middle_name text,
    last_name text, email text, phone text, phone_e164 text, website text, company_name text,
    country text, city text, description text, translation text, remark text, product_ids uuid[] not
    null, source_id uuid, received_at timestamptz not null, receipt_date date not null, team_id
    uuid, company_id uuid, contact_id uuid, lead_id uuid, former_lead_id uuid, deal_id uuid,
    client_id uuid generated always as (coalesce(company_id, contact_id, lead_id)) stored,
    subsequent boolean not null, links_by_hand boolean not null, verification_required boolean not
    null, match_reasons jsonb not null, candidates jsonb not null, id uuid not null, version integer
    not null, created_at timestamptz not null, created_by text not null, updated_at timestamptz not
    null, updated_by text not null, deleted_at timestamptz, owner_id uuid, co_owner_id uuid,
    department_id uuid,
    constraint pk_request primary key (id),
    constraint ck_request_state check (state in ('pending','validated','irrelevant','unfulfillable','duplicate','closed')),
    constraint ck_request_kind check (kind in ('commercial','case')),
    constraint ck_request_channel check (channel in ('form','email','manual','api')),
    constraint uq_request_ticket unique (ticket),
    constraint fk_request_company_id foreign key(company_id) references company (id),
    constraint fk_request_contact_id foreign key(contact_id) references contact (id),
    constraint fk_request_lead_id foreign key(lead_id) references lead (id),
    constraint fk_request_former_lead_id foreign key(former_lead_id) references lead (id)
);
create index ix_request_client_id on request (client_id) where deleted_at is null;
create index ix_request_company_id on request (company_id) where deleted_at is null;
create index ix_request_contact_id on request (contact_id) where deleted_at is null;
create index ix_request_department_id_received_at_id on request (department_id, received_at, id) where deleted_at is null;
create index ix_request_former_lead_id on request (former_lead_id) where deleted_at is null;
create index ix_request_lead_id on request (lead_id) where deleted_at is null;
create index ix_request_owner_id_received_at_id on request (owner_id, received_at, id) where deleted_at is null;
create index ix_request_received_at_id on request (received_at, id) where deleted_at is null;
create index ix_request_state_received_at_id on request (state, received_at, id) where deleted_at is null
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
