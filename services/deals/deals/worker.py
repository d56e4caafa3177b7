"""The worker of deals."""

from chassis.worker import Schedule, Worker
from deals.commands.imports.jobs import run_imports
from deals.consumers import SUBSCRIPTION
from deals.settings import Settings

SCHEDULES = (Schedule("imports", 0.5, run_imports),)


def create_worker(settings: Settings) -> Worker:
    """Make the worker of deals."""
    return Worker("deals", settings, subscriptions=(SUBSCRIPTION,), schedules=SCHEDULES)
