"""The queue of deals."""

from chassis.subscriptions import Subscription

SUBSCRIPTION = Subscription("deals", "events")
