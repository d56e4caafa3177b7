"""The gateway's work apart from requests: hearing of others' records, forgetting old sessions."""

from chassis.database import Database
from chassis.origin import by_system
from chassis.worker import Schedule, Worker
from gateway.commands.sessions import forget_old_sessions
from gateway.consumers import SUBSCRIPTION
from gateway.settings import Settings

HOURLY = 3600.0


def create_worker(settings: Settings) -> Worker:
    """Make the worker."""
    return Worker(
        "gateway",
        settings,
        subscriptions=(SUBSCRIPTION,),
        schedules=(Schedule("sessions", HOURLY, _forget),),
    )


async def _forget(database: Database) -> None:
    async with database.transaction(by_system("sessions")) as session:
        await forget_old_sessions(session)
