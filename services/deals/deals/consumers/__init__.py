"""What deals hears, all through one queue, so that causes come before their effects."""

from deals.consumers import clients, orders, people
from deals.consumers.subscription import SUBSCRIPTION

__all__ = ["SUBSCRIPTION", "clients", "orders", "people"]
