"""What a new suite starts with: statuses, sources and one web form (INT-022, INT-101, INT-110).

The ids are derived from the names, so that every start, and every process of it, means the same
rows. What somebody renamed, switched off, deleted or removed for good stays as it is.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import event_log
from chassis.event_log import emit
from contracts.vocabulary import natural_id
from intake.commands.web_forms import new_token
from intake.domain.index_keys import name_key
from intake.events.dictionaries import lead_source_defined, lead_status_defined
from intake.models import LeadSource, LeadStatus, WebForm
from intake.queries.removed import find_purged

STATUSES: Final[tuple[dict[str, Any], ...]] = (
    {"code": "new", "name": "New", "colour": "#3b82f6", "is_default": True},
    {"code": "contacted", "name": "Contacted", "colour": "#8b5cf6"},
    {"code": "qualified", "name": "Qualified", "colour": "#f59e0b", "qualified": True},
    {"code": "converted", "name": "Converted", "colour": "#16a34a", "is_final": True},
    {"code": "lost", "name": "Lost", "colour": "#dc2626", "is_final": True},
    {"code": "disqualified", "name": "Disqualified", "colour": "#6b7280", "is_final": True},
)
SOURCES: Final = (
    "Website",
    "Referral",
    "Cold Call",
    "Trade Show",
    "Social Media",
    "Partner",
    "Advertisement",
)


async def ensure_shipped(session: AsyncSession) -> None:
    """Add what is missing of the shipped rows; safe under parallel starts."""
    for status in await _add(session, LeadStatus, _statuses()):
        emit(session, lead_status_defined(status), status.version)
    for source in await _add(session, LeadSource, _sources()):
        emit(session, lead_source_defined(source), source.version)
    form = {
        "id": natural_id("web_form", "website"),
        "name": "Website",
        "token": new_token(),
        "source_id": natural_id("lead_source", "Website"),
    }
    await _add(session, WebForm, [form])


def _statuses() -> Iterable[dict[str, Any]]:
    for position, status in enumerate(STATUSES):
        yield {
            "id": natural_id("lead_status", status["code"]),
            "name_key": name_key(status["name"]),
            "position": position,
            "is_default": False,
            "is_final": False,
            "qualified": False,
            **status,
        }


def _sources() -> Iterable[dict[str, Any]]:
    for name in SOURCES:
        yield {"id": natural_id("lead_source", name), "name": name, "name_key": name_key(name)}


async def _add(
    session: AsyncSession, table: type[Any], rows: Iterable[Mapping[str, Any]]
) -> list[Any]:
    """Insert the rows nobody had inserted before; answers those."""
    stamps = dict.fromkeys(("created_by", "updated_by"), event_log.origin_of(session).actor)
    by_id = {row["id"]: {**row, "version": 1, **stamps} for row in rows}
    purged = await find_purged(session, table, by_id.keys())
    stamped = [row for id_, row in by_id.items() if id_ not in purged]
    if not stamped:
        return []
    query = insert(table).values(stamped).on_conflict_do_nothing().returning(table)
    return list(await session.scalars(query))
