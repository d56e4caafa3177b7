"""The worker of intake."""

from chassis.worker import Worker
from intake.consumers import SUBSCRIPTION
from intake.settings import Settings


def create_worker(settings: Settings) -> Worker:
    """Make the worker of intake: its relay, and everything it hears."""
    return Worker("intake", settings, subscriptions=(SUBSCRIPTION,))
