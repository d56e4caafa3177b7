select id, 3 as version, department_id, jsonb_build_object(
    'deal_id', id, 'name', name,
    'amount', jsonb_build_object(
        'currency', cast(:currency as text), 'amount', round(amount, :decimals)::text),
    'closed_on', closed_on, 'won_at', won_at, 'reason_id', null, 'owner_id', owner_id,
    'team_id', null, 'department_id', department_id, 'company_id', company_id,
    'contact_id', null, 'lead_id', null, 'customer_id', customer_id,
    'customer_is_new', customer_is_new,
    'cycle_days', greatest(0, closed_on - (created_at at time zone cast(:zone as text))::date),
    'pipeline_id', cast(:pipeline_id as uuid), 'stage_id', stage_id
) as data
from import_deal
where status = 'won'
order by line
