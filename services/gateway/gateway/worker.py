"""The gateway's work apart from requests: hearing of others' records, forgetting old things."""

from chassis.database import Database
from chassis.origin import by_system
from chassis.removal import retention
from chassis.worker import Schedule, Worker
from gateway.commands.sessions import forget_old_sessions
from gateway.consumers import SUBSCRIPTION
from gateway.queries.removables import REMOVABLES
from gateway.settings import Settings

HOURLY = 3600.0


def create_worker(settings: Settings) -> Worker:
    """Make the worker."""
    return Worker(
        "gateway",
        settings,
        subscriptions=(SUBSCRIPTION,),
        schedules=(
            Schedule("sessions", HOURLY, _forget),
            retention(REMOVABLES, settings.retention_days),
        ),
    )


async def _forget(database: Database) -> None:
    async with database.transaction(by_system("sessions")) as session:
        await forget_old_sessions(session)
