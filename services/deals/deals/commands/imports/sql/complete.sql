-- Makes complete deals of the rows that are right and new. A company that wins becomes a customer
-- once, whichever of its deals comes first (DEA-061), unless the row names its customer.
insert into import_deal
with
good as (
    select
        resolved.*,
        coalesce(staged.created, staged.closed) as created_on,
        case when resolved.is_won or resolved.is_lost then coalesce(staged.closed, :today) end
            as closed_on,
        case when resolved.is_won then 'won' when resolved.is_lost then 'lost' else 'open' end
            as status
    from resolved_row as resolved
    join staged_row as staged using (line)
    where resolved.code is null and not resolved.is_known
),
customers as (
    select distinct on (company_id) company_id, id
    from replica_customer
    where not is_deleted and company_id in (select company_id from good)
    order by company_id, id
),
winners as (
    select company_id, uuidv7() as customer_id, min(line) as line
    from good
    where status = 'won' and company_id is not null and customer_id is null and :create_customers
        and company_id not in (select company_id from customers)
    group by company_id
)
select
    good.line,
    uuidv7(),
    cast(:code_prefix as text) || nextval('deal_number'),
    uuidv7(),
    staged.ticket,
    staged.name,
    good.stage_id,
    case when good.status = 'open' then good.stage_id else :first_stage_id end,
    good.status,
    coalesce(staged.amount, 0),
    case good.status
        when 'won' then 100
        when 'lost' then 0
        else coalesce(good.probability, :default_probability)
    end,
    good.created_on,
    moment.created_at,
    good.closed_on,
    moment.closed_at,
    case
        when good.status = 'won' then moment.closed_at
        when good.is_conditional_win then moment.created_at
    end,
    case when good.status = 'lost' then good.reason_id end,
    case when good.status = 'lost' and good.reason_id is null then staged.reason end,
    coalesce(reason.is_irrelevant and good.status = 'lost', false),
    good.owner_id,
    good.department_id,
    good.company_id,
    good.customer_id,
    case
        when good.customer_id is not null then good.customer_id
        when good.status = 'won' then coalesce(customer.id, winner.customer_id)
    end,
    winner.line is not distinct from good.line,
    staged.external_id,
    staged.search_key,
    staged.search_trigrams,
    case when good.status = 'open' then 1 else 3 end,
    case when good.product_id is not null then uuidv7() end,
    good.product_id,
    case when good.product_id is not null then coalesce(staged.amount, good.list_price, 0) end,
    case when staged.amount is null then coalesce(good.list_currency, :currency) else :currency end,
    uuidv7()
from good
join staged_row as staged using (line)
left join customers as customer on customer.company_id = good.company_id
left join winners as winner on winner.company_id = good.company_id
left join closing_reason as reason on reason.id = good.reason_id
cross join lateral (
    select
        coalesce(good.created_on::timestamp at time zone cast(:zone as text), :now) as created_at,
        case
            when good.closed_on = :today then :now
            else good.closed_on::timestamp at time zone cast(:zone as text)
        end as closed_at
) as moment
order by good.line
