"""Deals to page through, with the stages, clients and owners their list names."""

import asyncpg

USERS, COMPANIES, CONTACTS = 25, 5_000, 10_000

REPLICAS = f"""
insert into replica_user (id, version, name, is_active, email, name_key, email_key,
                          department_ids, team_ids)
select uuidv7(), 1, 'Seller ' || n, true, 'seller' || n || '@rapport.example', 'seller ' || n,
       'seller' || n || '@rapport.example', '{{}}', '{{}}' from generate_series(1, {USERS}) as n;
insert into replica_company (id, version, name, is_active, is_deleted, country, search_key,
                             search_trigrams)
select uuidv7(), 1, 'Firma ' || n, true, false, 'DE', 'firma ' || n, '{{}}'
  from generate_series(1, {COMPANIES}) as n;
insert into replica_contact (id, version, name, is_active, is_deleted, emails, phones, search_key,
                             search_trigrams)
select uuidv7(), 1, 'Anna Muster' || n, true, false, '[]', '[]', 'anna muster' || n, '{{}}'
  from generate_series(1, {CONTACTS}) as n
"""  # noqa: S608 - constants of this module
DEALS = f"""
insert into deal (id, code, crm_ref, ticket, name, pipeline_id, stage_id, stage_entered_at, status,
                  amount, currency, probability, probability_is_manual, expected_close, owner_id,
                  company_id, contact_id, priority, important, next_step, next_step_date, remind_me,
                  is_paid_in_full, search_key, search_trigrams, version, created_at, created_by,
                  updated_at, updated_by)
select uuidv7(), 'B-' || n, uuidv7(), 'bench' || n, 'Pumps for plant ' || n,
       stages.pipeline_ids[at], stages.ids[at], now(), 'open', n % 90000 + 100, 'EUR', 50, false,
       current_date + n % 200, people.ids[1 + n % {USERS}], companies.ids[1 + n % {COMPANIES}],
       contacts.ids[1 + n % {CONTACTS}], n % 5, n % 7 = 0, 'Call back',
       current_date + n % 30, false, false, 'pumps for plant ' || n || ' call back',
       array(select distinct substr(text, place, 3)
               from (select 'pumps for plant ' || n || ' call back' as text) as folded,
                    generate_series(1, length(text) - 2) as place),
       1, now() - n * interval '1 minute', 'bench', now(), 'bench'
  from (select array_agg(id) as ids, array_agg(pipeline_id) as pipeline_ids, count(*) as number
          from stage where not is_won and not is_lost and is_active) as stages,
       (select array_agg(id) as ids from replica_user where email like 'seller%') as people,
       (select array_agg(id) as ids from replica_company) as companies,
       (select array_agg(id) as ids from replica_contact) as contacts,
       generate_series(1, $1) as n cross join lateral (select 1 + n % stages.number as at) as place
"""  # noqa: S608 - constants of this module


async def add_deals(database: asyncpg.Connection, number: int) -> None:
    """Add so many open deals, evenly over stages, owners and clients."""
    await add_clients(database)
    await database.execute(DEALS.replace("$1", str(number)))
    await database.execute("vacuum analyze")


async def add_clients(database: asyncpg.Connection) -> None:
    """Add the people and companies that deals belong to."""
    await database.execute(REPLICAS)
