"""Who is known under certain keys: one indexed statement for all levels of matching."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from intake.domain.matching import Key, Party

MOST_PER_KEY = 50

HOLDERS = text(
    f"""
    select hit.kind, hit.party_id as id, hit.key_kind, hit.key,
           coalesce(company.country, lead.country) as country,
           coalesce(contact.company_id, successor.company_id, lead_company.id) as company_id,
           successor.id as contact_id,
           lead.converted_at is not null as converted
    from unnest(cast(:kinds as text[]), cast(:keys as text[])) as wanted (key_kind, key)
    cross join lateral (
        select * from party_key
        where party_key.key_kind = wanted.key_kind and party_key.key = wanted.key
        limit {MOST_PER_KEY}
    ) as hit
    left join contact on hit.kind = 'contact' and contact.id = hit.party_id
    left join company on hit.kind = 'company' and company.id = hit.party_id
    left join lead on hit.kind = 'lead' and lead.id = hit.party_id
    left join contact as successor
        on successor.id = lead.contact_id and successor.deleted_at is null
    left join company as lead_company
        on lead_company.id = lead.company_id and lead_company.deleted_at is null
    """  # noqa: S608 - the number is a constant of this module
)


async def find_parties(session: AsyncSession, keys: Iterable[Key]) -> list[Party]:
    """Answer the live contacts, leads and companies that hold any of the keys."""
    wanted = sorted(keys)
    if not wanted:
        return []
    parameters = {"kinds": [kind for kind, _ in wanted], "keys": [key for _, key in wanted]}
    found: dict[UUID, Party] = {}
    for row in await session.execute(HOLDERS, parameters):
        earlier = found[row.id].hits if row.id in found else frozenset()
        found[row.id] = Party(
            kind=row.kind,
            id=row.id,
            hits=earlier | {(row.key_kind, row.key)},
            country=row.country,
            company_id=row.company_id,
            contact_id=row.contact_id,
            converted=row.converted,
        )
    return list(found.values())
