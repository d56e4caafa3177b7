-- The file's rows, as Python read them.
create temporary table staged_row (
    line integer not null, name text,
    stage text, stage_key text, owner text, owner_key text,
    company text, company_key text, company_email text,
    customer text, customer_key text, customer_email text, product text, product_key text,
    amount numeric(22, 4), created date, closed date,
    reason text, reason_key text, external_id text, ticket text,
    search_key text, search_trigrams text[],
    field text, code text, value text
) on commit drop;
-- The same rows with every name looked up, or with what is wrong.
create temporary table resolved_row (
    line integer not null,
    stage_id uuid, is_won boolean, is_lost boolean, is_conditional_win boolean,
    probability integer, reason_id uuid, owner_id uuid, department_id uuid, company_id uuid, customer_id uuid,
    product_id uuid, list_price numeric, list_currency text, is_known boolean not null,
    field text, code text, value text
) on commit drop;
-- The deals to be.
create temporary table import_deal (
    line integer not null, id uuid not null, code text not null, crm_ref uuid not null,
    ticket text not null, name text not null, stage_id uuid not null, first_stage_id uuid not null,
    status text not null, amount numeric(22, 4) not null, probability integer not null,
    created_on date, created_at timestamptz not null, closed_on date, closed_at timestamptz,
    won_at timestamptz, reason_id uuid, note text, is_irrelevant boolean not null,
    owner_id uuid, department_id uuid, company_id uuid,
    named_customer_id uuid, customer_id uuid, customer_is_new boolean not null, external_id text,
    search_key text not null, search_trigrams text[] not null, version integer not null,
    output_id uuid, product_id uuid, line_total numeric(22, 4), line_currency text,
    entry_id uuid not null
) on commit drop
