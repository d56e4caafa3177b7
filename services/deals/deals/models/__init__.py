"""The tables of deals."""

from deals.models.base import Base
from deals.models.currency import Currency, Rate
from deals.models.deal import Deal, StageEntry
from deals.models.import_job import ImportJob, ImportRowError
from deals.models.output import Output
from deals.models.payment import Payment
from deals.models.pipeline import ClosingReason, Pipeline, Stage
from deals.models.product import Product
from deals.models.replicas import (
    Company,
    Contact,
    Customer,
    Department,
    Lead,
    Request,
    Team,
    User,
)
from deals.models.setting import Setting

__all__ = [
    "Base",
    "ClosingReason",
    "Company",
    "Contact",
    "Currency",
    "Customer",
    "Deal",
    "Department",
    "ImportJob",
    "ImportRowError",
    "Lead",
    "Output",
    "Payment",
    "Pipeline",
    "Product",
    "Rate",
    "Request",
    "Setting",
    "Stage",
    "StageEntry",
    "Team",
    "User",
]
