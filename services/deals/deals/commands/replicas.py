"""Keeps copies of other services' records."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import replicas
from chassis.subscriptions import Heard
from deals.models import (
    Base,
    Company,
    Contact,
    Customer,
    Department,
    Lead,
    Request,
    Setting,
    Team,
    User,
)
from deals.queries.preferences import forget_preferences
from kernel.text import fold, trigrams

COMMON: dict[str, Any] = {"name": "", "is_active": True}
DIRECTORY = {**COMMON, "is_deleted": False, "search_key": "", "search_trigrams": []}
BLANK: dict[type[Base], dict[str, Any]] = {
    User: {**COMMON, "email": "", "name_key": "", "email_key": "", "department_ids": [],
           "team_ids": []},
    Department: COMMON,
    Team: COMMON,
    Company: DIRECTORY,
    Contact: {**DIRECTORY, "emails": [], "phones": []},
    Customer: {**DIRECTORY, "code": "", "code_key": "", "name_key": "", "discount": 0,
               "is_blacklisted": False},
    Lead: {**COMMON, "is_deleted": False},
    Request: {**COMMON, "is_deleted": False, "ticket": ""},
}  # fmt: skip
"""What a record looks like of which so far only a part was heard."""


async def keep(
    session: AsyncSession, heard: Heard[Any], table: type[Base], values: dict[str, Any]
) -> None:
    """Store what an event says of its record, unless something newer is known (EVT-004)."""
    await replicas.keep(session, heard, table, values, BLANK[table])


async def keep_setting(session: AsyncSession, key: str, value: Any) -> None:
    """Follow a setting of another service."""
    statement = insert(Setting).values(key=key, value=value)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"value": value})
    )
    forget_preferences(session)


def found_by(*parts: str | None) -> dict[str, Any]:
    """Answer the columns by which a record is found."""
    text = " ".join(part for part in parts if part)
    return {"search_key": fold(text), "search_trigrams": trigrams(text)}
