"""The worker: hears everything."""

from analytics.consumers import SUBSCRIPTION
from analytics.settings import Settings
from chassis.worker import Worker


def create_worker(settings: Settings) -> Worker:
    """Make the worker of this service."""
    return Worker("analytics", settings, subscriptions=(SUBSCRIPTION,))
