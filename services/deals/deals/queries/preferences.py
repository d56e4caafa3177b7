"""Reads the administrator's choices."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deals.domain.preferences import KEYS, Preferences, preferences_from
from deals.models import Setting

STORED = select(Setting.key, Setting.value).where(Setting.key.in_(KEYS.values()))


async def get_preferences(session: AsyncSession) -> Preferences:
    """Answer the preferences in force, read once in a transaction."""
    if known := session.info.get("preferences"):
        preferences: Preferences = known
        return preferences
    rows = await session.execute(STORED)
    found = preferences_from({row.key: row.value for row in rows})
    session.info["preferences"] = found
    return found


def forget_preferences(session: AsyncSession) -> None:
    """Read them again when next asked: one changed."""
    session.info.pop("preferences", None)
