"""The settings in force."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake.domain.preferences import Preferences, overlaid
from intake.models import LeadStatus, Setting

_LIVE = select(LeadStatus.id).where(LeadStatus.deleted_at.is_(None))
DEFAULTS: Final = select(
    select(func.jsonb_object_agg(Setting.key, Setting.value)).scalar_subquery(),
    _LIVE.where(LeadStatus.is_default).scalar_subquery(),
    _LIVE.order_by(LeadStatus.position).limit(1).scalar_subquery(),
)


@dataclass(frozen=True)
class Defaults:
    """The settings, and the status of a new lead: the flagged one, or the first one there is."""

    preferences: Preferences
    flagged_status_id: UUID | None
    first_status_id: UUID | None

    @property
    def status_id(self) -> UUID | None:
        """Answer the status a new lead gets when nobody chose one (INT-085)."""
        return self.preferences.leads_default_status or self.flagged_status_id


async def get_defaults(session: AsyncSession) -> Defaults:
    """Answer the settings and the default status, in one statement."""
    settings, flagged, first = (await session.execute(DEFAULTS)).one()
    return Defaults(overlaid((settings or {}).items()), flagged, first)


async def get_preferences(session: AsyncSession) -> Preferences:
    """Answer the settings in force."""
    return (await get_defaults(session)).preferences
