"""Contacts and leads to match against, half and half, with keys as intake's matching makes them."""

import asyncpg

PEOPLE = """
create temporary table person on commit drop as
select n, uuidv7() as id, n % 2 = 0 as is_lead, 'Anna' as first_name, 'Muster' || n as last_name,
       'anna' || n || '@firma' || n % 5000 || '.example' as email,
       '+4940' || lpad(n::text, 8, '0') as phone, 'Firma ' || n % 5000 as company,
       'anna/muster' || n || '/firma' || n % 5000 as full_name
  from generate_series(1, $1) as n
"""
TRIGRAMS = """
array(select distinct substr(text, place, 3) from (
    select lower(concat_ws(E'\\n', first_name || ' ' || last_name, email, phone)) as text
) as folded, generate_series(1, length(text) - 2) as place)
"""
STAMPS = "1, now(), 'bench', now(), 'bench'"
STAMPED = "version, created_at, created_by, updated_at, updated_by"
FOUND_BY = f"""
lower(first_name || ' ' || last_name),
lower(concat_ws(E'\\n', first_name || ' ' || last_name, email, phone)), {TRIGRAMS}
"""
CONTACTS = f"""
insert into contact (id, first_name, last_name, emails, phone, phone_e164, do_not_email,
                     do_not_call, active, {STAMPED}, sort_key, search_key, search_trigrams)
select id, first_name, last_name, array[email], phone, phone, false, false, true, {STAMPS},
       {FOUND_BY}
  from person where not is_lead
"""  # noqa: S608 - constants of this module
LEADS = f"""
insert into lead (id, title, contact_name, contact_email, email_key, emails, contact_phone,
                  phone_e164, phones, company_name, industries, priority, status_id, do_not_email,
                  origin, {STAMPED}, sort_key, search_key, search_trigrams)
select id, 'Pumps ' || n, first_name || ' ' || last_name, email, email, '{{}}', phone, phone,
       '{{}}', company, '{{}}', 0, (select id from lead_status where is_default), false,
       'manual', {STAMPS}, {FOUND_BY}
  from person where is_lead
"""  # noqa: S608 - constants of this module
KEYS = """
insert into party_key (key_kind, key, kind, party_id)
select key_kind, key, case when is_lead then 'lead' else 'contact' end, id
  from person cross join lateral (values
       ('email', email), ('phone', phone), ('name_domain', full_name || '.example'),
       ('name_company', case when is_lead then full_name end)
  ) as keys (key_kind, key)
 where key is not null
"""


async def add_parties(database: asyncpg.Connection, number: int) -> None:
    """Add so many contacts and leads."""
    async with database.transaction():
        await database.execute(PEOPLE.replace("$1", str(number)))
        for statement in (CONTACTS, LEADS, KEYS):
            await database.execute(statement)
    await database.execute("vacuum analyze")
