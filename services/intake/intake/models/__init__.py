"""The tables of intake."""

from intake.models.base import Base
from intake.models.company import Company
from intake.models.contact import Contact
from intake.models.customer import Customer
from intake.models.lead import Lead
from intake.models.lead_source import LeadSource
from intake.models.lead_status import LeadStatus
from intake.models.party_key import PartyKey
from intake.models.replicas import (
    DealReplica,
    DepartmentReplica,
    PipelineReplica,
    ProductReplica,
    StageReplica,
    TeamReplica,
    UserReplica,
)
from intake.models.request import Request
from intake.models.setting import Setting
from intake.models.web_form import WebForm

__all__ = [
    "Base",
    "Company",
    "Contact",
    "Customer",
    "DealReplica",
    "DepartmentReplica",
    "Lead",
    "LeadSource",
    "LeadStatus",
    "PartyKey",
    "PipelineReplica",
    "ProductReplica",
    "Request",
    "Setting",
    "StageReplica",
    "TeamReplica",
    "UserReplica",
    "WebForm",
]
