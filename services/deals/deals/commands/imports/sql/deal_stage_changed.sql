select id, 2 as version, department_id, jsonb_build_object(
    'deal_id', id, 'pipeline_id', cast(:pipeline_id as uuid),
    'from_id', first_stage_id, 'to_id', stage_id, 'probability', probability, 'at', closed_at,
    'days_in_previous',
    round(greatest(0, extract(epoch from closed_at - created_at) / 86400), 2)::text,
    'way', 'import'
) as data
from import_deal
where status <> 'open'
order by line
