"""The worker of intake."""

from chassis.removal import retention
from chassis.worker import Worker
from intake.consumers import SUBSCRIPTION
from intake.queries.removables import REMOVABLES
from intake.settings import Settings


def create_worker(settings: Settings) -> Worker:
    """Make the worker of intake: its relay, everything it hears, and the end of what is deleted."""
    schedules = (retention(REMOVABLES, settings.retention_days),)
    return Worker("intake", settings, subscriptions=(SUBSCRIPTION,), schedules=schedules)
