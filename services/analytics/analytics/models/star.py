"""Which table holds the facts or the dimension of each kind of aggregate."""

from collections.abc import Mapping
from typing import Final

from analytics.models import dimensions, facts
from analytics.models.base import Base, Folded

FOLDED: Final[Mapping[str, type[Folded]]] = {
    "deal": facts.Deal,
    "output": facts.Line,
    "payment": facts.Payment,
    "currency": dimensions.Currency,
    "rate": dimensions.Rate,
    "request": facts.Request,
    "lead": facts.Lead,
    "company": dimensions.Company,
    "customer": dimensions.Customer,
    "email": facts.Letter,
    "user": dimensions.User,
    "department": dimensions.Department,
    "team": dimensions.Team,
    "lead_source": dimensions.Source,
    "lead_status": dimensions.LeadStatus,
    "pipeline": dimensions.Pipeline,
    "stage": dimensions.Stage,
    "closing_reason": dimensions.Reason,
    "product": dimensions.Product,
}

STAR: Final[tuple[type[Base], ...]] = (*FOLDED.values(), facts.StageStay)
"""Every table that can be made again from the log."""
