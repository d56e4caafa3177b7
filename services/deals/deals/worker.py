"""The worker of deals."""

from chassis.removal import retention
from chassis.worker import Schedule, Worker
from deals.commands.imports.jobs import run_imports
from deals.consumers import SUBSCRIPTION
from deals.queries.removables import REMOVABLES
from deals.settings import Settings


def create_worker(settings: Settings) -> Worker:
    """Make the worker of deals."""
    schedules = (
        Schedule("imports", 0.5, run_imports),
        retention(REMOVABLES, settings.retention_days),
    )
    return Worker("deals", settings, subscriptions=(SUBSCRIPTION,), schedules=schedules)
