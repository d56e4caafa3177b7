"""Finds text that was folded when it was written, from an index (GAT-009)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deals.models import Company, Contact, Customer, Deal
from deals.queries.deals import deal
from kernel.text import fold, like_pattern, trigrams


def holds(table: Any, text: str) -> ColumnElement[bool]:
    """Answer the condition for rows of a searchable table that hold a text anywhere.

    Texts under three characters have no trigrams; they are looked for at the start.
    """
    columns = table.__table__.c
    key = like_pattern(fold(text))
    if grams := trigrams(text):
        return and_(
            columns.search_trigrams.contains(grams),
            columns.search_key.like(f"%{key}%", escape="\\"),
        )
    like: ColumnElement[bool] = columns.search_key.like(f"{key}%", escape="\\")
    return like


@dataclass(frozen=True)
class Clients:
    """The clients whose name holds a text."""

    companies: Sequence[UUID] = ()
    contacts: Sequence[UUID] = ()
    customers: Sequence[UUID] = ()


NOBODY = Clients()
MOST_CLIENTS = 5000


async def find_clients(session: AsyncSession, text: str | None) -> Clients:
    """Answer the clients whose name holds a text, at most 5,000 of a kind, with one query."""
    if not text:
        return NOBODY
    tables = (Company, Contact, Customer)
    found = [select(func.array_agg(_ids(table, text).c.id)).scalar_subquery() for table in tables]
    row = (await session.execute(select(*found))).one()
    return Clients(*(ids or () for ids in row))


def _ids(table: Any, text: str) -> Any:
    return select(table.id).where(holds(table, text)).limit(MOST_CLIENTS).subquery()


def deal_holds(text: str, clients: Clients) -> ColumnElement[bool]:
    """Answer the condition for deals that hold a text themselves, or in a client's name (DEA-041).

    Each part has an index, and the clients are ids, so that PostgreSQL can judge whether to look
    the deals up or to read them in the order of the list.
    """
    code = like_pattern(text.strip().lower())
    links = (
        (deal.company_id, clients.companies),
        (deal.contact_id, clients.contacts),
        (deal.customer_id, clients.customers),
    )
    return or_(
        holds(Deal, text),
        func.lower(deal.code).like(f"{code}%", escape="\\"),
        deal.ticket == text.strip(),
        *(link == any_(literal(ids, ARRAY(Uuid))) for link, ids in links if ids),
    )
