"""Into which currency figures over several deals are converted, and by which rules."""

from sqlalchemy.ext.asyncio import AsyncSession

from deals.queries.preferences import get_preferences
from deals.queries.rates import Conversion, reporting_code
from kernel import clock


async def reporting_conversion(session: AsyncSession) -> Conversion:
    """Answer the conversion into the reporting currency."""
    max_age = (await get_preferences(session)).max_rate_age_days
    return Conversion(clock.today(), max_age, await reporting_code(session))
