"""Keeps the copies of other services' records; an older event changes nothing (EVT-004)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.replicas import keep
from chassis.subscriptions import Heard
from contracts.gateway import UserEvent
from contracts.vocabulary import Changes
from mail.models import Account, CrmRecord

NAMES: Final = {"title": "name", "subject": "name"}
IDS: Final = frozenset(
    {"owner_id", "co_owner_id", "team_id", "department_id"}
    | {"contact_id", "company_id", "lead_id", "request_id"}
)
TEXTS: Final = frozenset({"name", "email"})
BLANK: Final = MappingProxyType({"name": "", "removed": False})
"""What a record looks like of which only a part is known."""


async def keep_account(session: AsyncSession, heard: Heard[UserEvent]) -> None:
    """Keep who a user is now."""
    user = heard.event
    fields = {
        "name": user.name,
        "email": user.email,
        "active": user.active,
        "department_ids": list(user.department_ids),
        "team_ids": list(user.team_ids),
    }
    await keep(session, heard, Account, fields)


async def keep_record(
    session: AsyncSession, heard: Heard[Any], kind: str, fields: Mapping[str, Any]
) -> None:
    """Keep the given fields of a record; one that is not known yet is added with them."""
    await keep(session, heard, CrmRecord, fields, {**BLANK, "kind": kind})


async def announce_record(
    session: AsyncSession, kind: str, record_id: UUID, fields: Mapping[str, Any]
) -> None:
    """Keep what another record's event tells of one that is about to be made."""
    values = {**BLANK, **fields, "id": record_id, "kind": kind, "version": 0}
    await session.execute(insert(CrmRecord).values(values).on_conflict_do_nothing())


def fields_of(changed: Changes) -> dict[str, Any]:
    """Answer the columns that the new values of an `updated` event belong to."""
    fields: dict[str, Any] = {}
    for field, (_, new) in changed.items():
        column = NAMES.get(field, field)
        if column in IDS:
            fields[column] = UUID(new) if new else None
        elif column in TEXTS:
            fields[column] = new or ("" if column == "name" else None)
    return fields
