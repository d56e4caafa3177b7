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
    select search_key as key, (array_agg(id))[1] as id, count(*) as number
    from replica_company
    where not is_deleted and search_key in (select company_key from staged_row)
    group by search_key
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
left join companies as company on company.key = staged.company_key
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
            (8, 'product', 'product_unknown', staged.product,
                staged.product_key is not null and product.id is null),
            (9, 'product', 'product_ambiguous', staged.product, product.number > 1),
            (10, 'created', 'created_in_future', staged.created::text, staged.created > :today),
            (11, 'closed', 'closed_in_future', staged.closed::text, staged.closed > :today),
            (12, 'closed', 'closed_before_created', staged.closed::text,
                staged.closed < staged.created),
            (13, 'closed', 'stage_is_open', staged.closed::text,
                staged.closed is not null and not (coalesce(step.is_won or step.is_lost, false))),
            (14, 'owner', 'owner_out_of_reach', staged.owner, not (
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
