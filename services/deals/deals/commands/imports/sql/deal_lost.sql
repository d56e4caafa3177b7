select id, 3 as version, department_id, jsonb_build_object(
    'deal_id', id,
    'amount', jsonb_build_object(
        'currency', cast(:currency as text), 'amount', round(amount, :decimals)::text),
    'closed_on', closed_on, 'reason_id', reason_id, 'note', note,
    'stage_before_id', first_stage_id, 'irrelevant', is_irrelevant, 'auto', false,
    'lead_id', null, 'department_id', department_id,
    'pipeline_id', cast(:pipeline_id as uuid), 'stage_id', stage_id
) as data
from import_deal
where status = 'lost'
order by line
