insert into import_row_error (job_id, line, field, code, value)
select :job_id, line, field, code, value from resolved_row where code is not null;
insert into deal (
    id, code, crm_ref, ticket, name, pipeline_id, stage_id, stage_entered_at, stage_before_id,
    status, amount, currency, probability, probability_is_manual, closed_on, won_at, lost_at,
    reason_id, note, owner_id, department_id, company_id, customer_id,
    priority, important, remind_me, is_paid_in_full, import_source, external_id,
    search_key, search_trigrams, version, created_at, created_by, updated_at, updated_by
)
select
    id, code, crm_ref, ticket, name, :pipeline_id, stage_id, coalesce(closed_at, created_at),
    case when status <> 'open' then first_stage_id end,
    status, amount, :currency, probability, false, closed_on, won_at,
    case when status = 'lost' then closed_at end,
    reason_id, note, owner_id, department_id, company_id, customer_id,
    0, false, false, false, case when external_id is not null then :source end, external_id,
    search_key, search_trigrams, version, created_at, :actor, :now, :actor
from import_deal
order by line;
insert into stage_entry (id, deal_id, stage_id, entered_at, author, way, days_in_previous)
select uuidv7(), id, first_stage_id, created_at, :actor, 'import', 0 from import_deal;
insert into stage_entry (id, deal_id, stage_id, entered_at, author, way, days_in_previous)
select
    uuidv7(), id, stage_id, closed_at, :actor, 'import',
    greatest(0, extract(epoch from closed_at - created_at) / 86400)
from import_deal
where status <> 'open';
insert into output (
    id, deal_id, product_id, quantity, unit_price, total, currency, discount,
    version, created_at, created_by, updated_at, updated_by
)
select
    output_id, id, product_id, 1, line_total, line_total, line_currency, 0,
    1, :now, :actor, :now, :actor
from import_deal
where output_id is not null;
insert into audit_entry (id, at, entity, record_id, action, way, actor, actor_kind, changes)
select
    entry_id, :now, 'deal', id, 'imported', 'import', :actor, 'import',
    jsonb_build_object(
        'code', jsonb_build_array(null, code),
        'name', jsonb_build_array(null, name),
        'stage_id', jsonb_build_array(null, stage_id),
        'status', jsonb_build_array(null, status),
        'amount', jsonb_build_array(null, jsonb_build_object(
            'currency', cast(:currency as text), 'amount', round(amount, :decimals)::text)),
        'owner_id', jsonb_build_array(null, owner_id),
        'company_id', jsonb_build_array(null, company_id),
        'customer_id', jsonb_build_array(null, customer_id),
        'closed_on', jsonb_build_array(null, closed_on)
    )
from import_deal
