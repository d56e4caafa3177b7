"""The queue of deals."""

from chassis.subscriptions import Subscription
from deals.models import Company, Contact, Customer, Department, Lead, Request, Team, User

SUBSCRIPTION = Subscription(
    "deals",
    "events",
    replicas=(User, Department, Team, Company, Contact, Customer, Lead, Request),
)
