select id, 1 as version, department_id, jsonb_build_object(
    'deal_id', id, 'code', code, 'crm_ref', crm_ref, 'name', name, 'ticket', ticket,
    'pipeline_id', cast(:pipeline_id as uuid), 'stage_id', first_stage_id,
    'amount', jsonb_build_object(
        'currency', cast(:currency as text), 'amount', round(amount, :decimals)::text),
    'probability', case when status = 'open' then probability else :first_probability end,
    'expected_close', null, 'status', 'open', 'owner_id', owner_id, 'co_owner_id', null,
    'team_id', null, 'department_id', department_id, 'company_id', company_id,
    'contact_id', null, 'customer_id', named_customer_id, 'partner_id', null, 'lead_id', null,
    'request_id', null, 'source_id', null, 'country', null, 'city', null,
    'tags', jsonb_build_array(), 'created_on', created_on, 'created_at', created_at
) as data
from import_deal
order by line
