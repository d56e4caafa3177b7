"""What can be removed for good, and what keeps each record (GAT-014): whatever names it.

The candidates of a request keep nobody: they are suggestions, and who is gone cannot be chosen. A
deleted deal keeps nobody either: deals does not tell when it removes one for good.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, exists, func
from sqlalchemy.orm import InstrumentedAttribute, aliased

from chassis.database import Record
from chassis.removal import Removable
from intake.models import (
    Company,
    Contact,
    Customer,
    DealReplica,
    Lead,
    LeadSource,
    LeadStatus,
    Request,
    Setting,
    WebForm,
)

_OTHER_REQUEST: Final = aliased(Request)


def _named_by(
    table: type[Record], *columns: InstrumentedAttribute[Any]
) -> tuple[ColumnElement[bool], ...]:
    return tuple(exists().where(column == table.id) for column in columns)


def _set_as(table: type[Record], key: str) -> ColumnElement[bool]:
    return exists().where(Setting.key == key, Setting.value == func.to_jsonb(table.id))


REMOVABLES: Final = (
    Removable(
        "requests/{request_id}",
        Request,
        "intake.request.delete",
        kept_by=(
            *_named_by(Request, _OTHER_REQUEST.original_id),
            exists().where(DealReplica.request_id == Request.id, ~DealReplica.deleted),
        ),
    ),
    Removable(
        "leads/{lead_id}",
        Lead,
        "intake.lead.delete",
        kept_by=(
            *_named_by(Lead, Request.lead_id, Request.former_lead_id),
            exists().where(DealReplica.lead_id == Lead.id, ~DealReplica.deleted),
        ),
    ),
    Removable(
        "customers/{customer_id}",
        Customer,
        "intake.customer.delete",
        kept_by=_named_by(Customer, Lead.customer_id),
    ),
    Removable(
        "contacts/{contact_id}",
        Contact,
        "intake.contact.delete",
        kept_by=_named_by(Contact, Request.contact_id, Lead.contact_id, Customer.contact_id),
    ),
    Removable(
        "companies/{company_id}",
        Company,
        "intake.company.delete",
        kept_by=_named_by(
            Company, Request.company_id, Lead.company_id, Customer.company_id, Contact.company_id
        ),
    ),
    Removable("web-forms/{form_id}", WebForm, "intake.web_form.manage"),
    Removable(
        "lead-sources/{source_id}",
        LeadSource,
        "intake.dictionary.manage",
        kept_by=(
            *_named_by(
                LeadSource, Request.source_id, Lead.source_id, Contact.source_id, WebForm.source_id
            ),
            _set_as(LeadSource, "leads.default_source"),
        ),
    ),
    Removable(
        "lead-statuses/{status_id}",
        LeadStatus,
        "intake.dictionary.manage",
        kept_by=(
            *_named_by(LeadStatus, Lead.status_id),
            _set_as(LeadStatus, "leads.default_status"),
        ),
    ),
)
"""Those that name others come first, so that one round removes both."""
