"""Records somebody can choose from, named as far as the caller may see them."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from intake.models import Company, Contact, Lead
from intake.queries import directory, leads


async def name_candidates(
    session: AsyncSession, candidates: Sequence[dict[str, Any]], caller: Caller
) -> list[dict[str, Any]]:
    """Add `name` to candidates of the form `{"kind", "id", "reasons"}`; null where not visible."""
    names: dict[str, str] = {}
    for kind in {candidate["kind"] for candidate in candidates}:
        ids = [candidate["id"] for candidate in candidates if candidate["kind"] == kind]
        names |= await _names(session, kind, ids, caller)
    return [{**candidate, "name": names.get(candidate["id"])} for candidate in candidates]


async def _names(
    session: AsyncSession, kind: str, ids: Iterable[str], caller: Caller
) -> dict[str, str]:
    if kind == "lead":
        found = select(Lead).where(Lead.id.in_(ids), leads.seen_by(caller))
        return {str(lead.id): lead.title for lead in await session.scalars(found)}
    if kind == "contact":
        people = select(Contact).where(Contact.id.in_(ids), directory.seen_by(caller, Contact))
        return {str(contact.id): contact.name for contact in await session.scalars(people)}
    companies = select(Company).where(Company.id.in_(ids), directory.seen_by(caller, Company))
    return {str(company.id): company.name for company in await session.scalars(companies)}
