select output_id as id, 1 as version, cast(null as uuid) as department_id, jsonb_build_object(
    'deal_id', id, 'output_id', output_id, 'product_id', product_id, 'text', null,
    'quantity', '1', 'discount', '0',
    'total', jsonb_build_object(
        'currency', line_currency,
        'amount', round(line_total, (cast(:all_decimals as jsonb) ->> line_currency)::integer)::text)
) as data
from import_deal
where output_id is not null
order by line
