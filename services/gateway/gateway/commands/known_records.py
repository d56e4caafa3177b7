"""Keeps in mind whose the records of other services are, and in which groups (GAT-021)."""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, bindparam, case, inspect
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts import deals, intake, mail
from contracts.event import Envelope
from gateway.models.known_record import KnownRecord

ACTIVE: Final = {
    deals.DealWon.topic: False,
    deals.DealLost.topic: False,
    deals.DealReopened.topic: True,
    intake.RequestRejected.topic: False,
    intake.RequestMarkedDuplicate.topic: False,
    intake.RequestReopened.topic: True,
    intake.CaseClosed.topic: False,
    intake.CaseReopened.topic: True,
}
STATES: Final = {deals.DealCreated.topic: "status", intake.RequestReceived.topic: "state"}
OPEN: Final = frozenset({"open", "pending", "validated"})
MAILBOX: Final = "mailbox"

_TABLE: Any = inspect(KnownRecord).local_table
_NEW = insert(_TABLE)
_TOLD = {column.name: _NEW.excluded[column.name] for column in _TABLE.columns} | {
    name: case(
        (bindparam(f"tells_{name}", type_=Boolean), _NEW.excluded[name]), else_=_TABLE.c[name]
    )
    for name in ("owner_id", "active")
}
KEEP = _NEW.on_conflict_do_update(
    index_elements=["id"], set_=_TOLD, where=_TABLE.c.version < _NEW.excluded.version
)
"""An event that does not tell the owner, or whether a record is active, leaves it as it is."""


async def keep_records(session: AsyncSession, envelopes: Sequence[Envelope]) -> None:
    """Store what the events told of their records, unless something newer is known (EVT-004)."""
    rows = list(_rows(envelopes))
    if rows:
        # by id, so that two batches never wait for each other
        await session.execute(KEEP, sorted(rows, key=itemgetter("id", "version")))


def _rows(envelopes: Sequence[Envelope]) -> Iterator[dict[str, Any]]:
    for envelope in envelopes:
        if envelope.topic != mail.AuditRecorded.topic:
            yield _row(envelope)
        elif envelope.data["record"]["kind"] == MAILBOX:
            yield _mailbox_row(envelope)


def _row(envelope: Envelope) -> dict[str, Any]:
    data = envelope.data
    active = _is_active(envelope.topic, data)
    return {
        "id": envelope.aggregate_id,
        "version": envelope.aggregateversion,
        "kind": envelope.entity,
        "department_id": envelope.departmentid,
        "team_id": envelope.teamid,
        "deleted": data.get("deleted", envelope.topic.endswith(".deleted")),
        "active": active is not False,
        "tells_active": active is not None,
        **_owner(data),
    }


def _mailbox_row(envelope: Envelope) -> dict[str, Any]:
    """Read the audit entry of a mailbox: mail says nothing else of its life.

    The entries' ids sort by time, and stand for the versions of the mailbox.
    """
    entry = envelope.data
    after = {change["field"]: change["new"] for change in entry["changes"]}
    return {
        "id": UUID(entry["record"]["id"]),
        "version": envelope.aggregate_id.int >> 64,
        "kind": MAILBOX,
        "department_id": None,
        "team_id": None,
        "deleted": entry["action"] in ("deleted", "purged"),
        "active": True,
        "tells_active": False,
        **_owner(after),
    }


def _owner(data: Mapping[str, Any]) -> dict[str, Any]:
    owner = data.get("owner_id")
    return {"owner_id": owner and UUID(owner), "tells_owner_id": "owner_id" in data}


def _is_active(topic: str, data: Mapping[str, Any]) -> bool | None:
    """Answer whether the event says that its record is active; none if it does not tell."""
    if topic in STATES:
        return data[STATES[topic]] in OPEN
    return ACTIVE.get(topic, data.get("active"))
