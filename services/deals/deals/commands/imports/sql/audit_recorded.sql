select entry_id as id, 1 as version, cast(null as uuid) as department_id, jsonb_build_object(
    'entry_id', entry_id, 'record', jsonb_build_object('kind', 'deal', 'id', import_deal.id),
    'action', 'imported', 'way', 'import', 'actor', cast(:actor as text), 'at', entry.at,
    'changes', (
        select jsonb_agg(jsonb_build_object('field', key, 'old', value -> 0, 'new', value -> 1))
        from jsonb_each(entry.changes)
    )
) as data
from import_deal
join audit_entry as entry on entry.id = import_deal.entry_id
order by line
