"""The settings in force, and the defaults of new leads."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake.domain.preferences import Preferences, overlaid
from intake.models import LeadStatus, Setting

SETTINGS: Final = select(func.jsonb_object_agg(Setting.key, Setting.value))
_LIVE = select(LeadStatus.id).where(LeadStatus.deleted_at.is_(None))
_HELD = _LIVE.with_for_update(read=True, key_share=True)
_SET = select(Setting.value).where(Setting.key == "leads.default_status").scalar_subquery()
DEFAULTS: Final = select(
    SETTINGS.scalar_subquery(),
    func.coalesce(
        _HELD.where(func.to_jsonb(LeadStatus.id) == _SET).scalar_subquery(),
        _HELD.where(LeadStatus.is_default).scalar_subquery(),
    ),
    _HELD.order_by(LeadStatus.position).limit(1).scalar_subquery(),
)


@dataclass(frozen=True)
class Defaults:
    """The settings, and the status of a new lead.

    `status_id` is for one whose status nobody chose: that of the settings, else the flagged one
    (INT-085). Where it is missing, a lead that nobody enters gets the first one there is.
    """

    preferences: Preferences
    status_id: UUID | None
    first_status_id: UUID | None


async def hold_defaults(session: AsyncSession) -> Defaults:
    """Answer the settings and the default status, which is not deleted before the commit.

    It is one statement. A status that was just ceasing to be the default shows none; then it is
    asked again, and finds the new one.
    """
    defaults = await _hold_defaults(session)
    return defaults if defaults.status_id else await _hold_defaults(session)


async def _hold_defaults(session: AsyncSession) -> Defaults:
    settings, default, first = (await session.execute(DEFAULTS)).one()
    return Defaults(overlaid((settings or {}).items()), default, first)


async def get_preferences(session: AsyncSession) -> Preferences:
    """Answer the settings in force."""
    return overlaid((await session.scalar(SETTINGS) or {}).items())
