"""Reads the administrator's choices."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deals.domain.preferences import KEYS, Preferences, preferences_from
from deals.models import Setting


async def get_preferences(session: AsyncSession) -> Preferences:
    """Answer the preferences in force, read once in a transaction."""
    if known := session.info.get("preferences"):
        preferences: Preferences = known
        return preferences
    rows = await session.execute(
        select(Setting.key, Setting.value).where(Setting.key.in_(KEYS.values()))
    )
    found = preferences_from({row.key: row.value for row in rows})
    session.info["preferences"] = found
    return found
