-- Looks every name up and keeps the first thing that is wrong with a row.
insert into resolved_row
with
steps as (
    select id, name_key, is_won, is_lost, is_conditional_win, probability
    from stage
    where pipeline_id = :pipeline_id and deleted_at is null
),
owners as (
    select key, (array_agg(id))[1] as id, count(distinct id) as number
    from (
        select email_key as key, id from replica_user
        union
        select name_key, id from replica_user
    ) as named
    group by key
),
companies as (
    select way, key, (array_agg(id))[1] as id, count(*) as number
    from (
        select 'email' as way, email_key as key, id from replica_company
        where not is_deleted and email_key in (select company_email from staged_row)
        union all
        select 'name', search_key, id from replica_company
        where not is_deleted and search_key in (select company_key from staged_row)
    ) as found
    group by way, key
),
customers as (
    select way, key, (array_agg(id))[1] as id, count(*) as number
    from (
        select 'code' as way, code_key as key, id from replica_customer
        where not is_deleted and code_key in (select customer_key from staged_row)
        union all
        select 'email', email_key, id from replica_customer
        where not is_deleted and email_key in (select customer_email from staged_row)
        union all
        select 'name', name_key, id from replica_customer
        where not is_deleted and name_key in (select customer_key from staged_row)
    ) as found
    group by way, key
),
products as (
    select name_key as key, (array_agg(id))[1] as id, count(*) as number
    from product
    where deleted_at is null and name_key in (select product_key from staged_row)
    group by name_key
),
reasons as (
    select distinct on (name_key) name_key, id
    from closing_reason
    where deleted_at is null and outcome = 'lost'
    order by name_key, department_id nulls first
)
select
    staged.line,
    coalesce(step.id, :first_stage_id),
    coalesce(step.is_won, false),
    coalesce(step.is_lost, false),
    coalesce(step.is_conditional_win, false),
    case when step.id is null then :first_probability else step.probability end,
    reason.id,
    person.id,
    person.department_id,
    company.id,
    customer.id,
    product.id,
    listed.price,
    listed.currency,
    known.id is not null,
    wrong.field,
    wrong.code,
    wrong.value
from staged_row as staged
left join steps as step on step.name_key = staged.stage_key
left join owners as owner on owner.key = staged.owner_key
left join companies as mailing on mailing.way = 'email' and mailing.key = staged.company_email
left join companies as named on named.way = 'name' and named.key = staged.company_key
cross join lateral (
    select coalesce(mailing.id, named.id) as id, coalesce(mailing.number, named.number) as number
) as company
left join customers as coded on coded.way = 'code' and coded.key = staged.customer_key
left join customers as written on written.way = 'email' and written.key = staged.customer_email
left join customers as called on called.way = 'name' and called.key = staged.customer_key
cross join lateral (
    select
        coalesce(coded.id, written.id, called.id) as id,
        coalesce(coded.number, written.number, called.number) as number
) as customer
left join replica_customer as client on client.id = customer.id
left join products as product on product.key = staged.product_key
left join product as listed on listed.id = product.id
left join reasons as reason on reason.name_key = staged.reason_key
left join lateral (
    select
        coalesce(owner.id, :starter_id) as id,
        coalesce(
            (select department_ids[1] from replica_user where id = coalesce(owner.id, :starter_id)),
            :starter_department_id
        ) as department_id
) as person on true
left join deal as known
    on known.import_source = :source and known.external_id = staged.external_id
    and known.deleted_at is null
left join (
    select external_id, min(line) as line from staged_row group by external_id
) as original on original.external_id = staged.external_id
left join lateral (
    select problem.field, problem.code, problem.value
    from (
        values
            (1, staged.field, staged.code, staged.value, staged.code is not null),
            (2, 'external_id', 'external_id_repeated', staged.external_id,
                original.line < staged.line),
            (3, 'stage', 'stage_unknown', staged.stage,
                staged.stage_key is not null and step.id is null),
            (4, 'owner', 'owner_unknown', staged.owner,
                staged.owner_key is not null and owner.id is null),
            (5, 'owner', 'owner_ambiguous', staged.owner, owner.number > 1),
            (6, 'company', 'company_unknown', staged.company,
                staged.company_key is not null and company.id is null),
            (7, 'company', 'company_ambiguous', staged.company, company.number > 1),
            (8, 'customer', 'customer_unknown', staged.customer,
                staged.customer_key is not null and customer.id is null),
            (9, 'customer', 'customer_ambiguous', staged.customer, customer.number > 1),
            (10, 'customer', 'customer_blacklisted', staged.customer, client.is_blacklisted),
            (11, 'product', 'product_unknown', staged.product,
                staged.product_key is not null and product.id is null),
            (12, 'product', 'product_ambiguous', staged.product, product.number > 1),
            (13, 'created', 'created_in_future', staged.created::text, staged.created > :today),
            (14, 'closed', 'closed_in_future', staged.closed::text, staged.closed > :today),
            (15, 'closed', 'closed_before_created', staged.closed::text,
                staged.closed < staged.created),
            (16, 'closed', 'stage_is_open', staged.closed::text,
                staged.closed is not null and not (coalesce(step.is_won or step.is_lost, false))),
            (17, 'owner', 'owner_out_of_reach', staged.owner, not (
                :scope = 'all'
                or person.id = :starter_id
                or (:scope in ('team', 'department') and person.id = any(:mates))
                or (:scope = 'department' and person.department_id = any(:departments))
            ))
    ) as problem (rank, field, code, value, is_so)
    where problem.is_so
    order by problem.rank
    limit 1
) as wrong on true
