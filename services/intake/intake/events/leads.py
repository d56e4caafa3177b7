"""Events about leads."""

from collections.abc import Sequence
from uuid import UUID

from contracts.intake import (
    LeadAssigned,
    LeadConverted,
    LeadCreated,
    LeadDeleted,
    LeadStatusChanged,
    LeadUpdated,
    NewDeal,
)
from contracts.vocabulary import Changes
from intake.models import Lead, LeadStatus
from kernel.money import Money


def value_of(lead: Lead) -> Money | None:
    """Answer what a lead may be worth."""
    if lead.value_amount is None or lead.value_currency is None:
        return None
    return Money(amount=lead.value_amount, currency=lead.value_currency)


def lead_created(lead: Lead, request_id: UUID | None) -> LeadCreated:
    """Say that there is a new lead, and which request it came from."""
    return LeadCreated(
        lead_id=lead.id,
        crm_ref=lead.id,
        title=lead.title,
        email=lead.contact_email,
        company_name=lead.company_name,
        value=value_of(lead),
        source_id=lead.source_id,
        status_id=lead.status_id,
        priority=lead.priority,
        owner_id=lead.owner_id,
        team_id=lead.team_id,
        department_id=lead.department_id,
        origin=lead.origin,
        request_id=request_id,
    )


def lead_updated(lead: Lead, changed: Changes) -> LeadUpdated:
    """Say which fields of a lead changed."""
    return LeadUpdated(lead_id=lead.id, changed=changed)


def lead_assigned(lead: Lead, old_owner_id: UUID | None) -> LeadAssigned:
    """Say that a lead has another owner or team."""
    return LeadAssigned(
        lead_id=lead.id,
        title=lead.title,
        old_owner_id=old_owner_id,
        owner_id=lead.owner_id,
        team_id=lead.team_id,
        mode="manual",
        nobody=False,
    )


def lead_status_changed(lead: Lead, old_id: UUID, new: LeadStatus) -> LeadStatusChanged:
    """Say that a lead moved to another status."""
    return LeadStatusChanged(
        lead_id=lead.id,
        old_id=old_id,
        new_id=new.id,
        is_final=new.is_final,
        qualified=new.qualified,
        disqualified=new.code == "disqualified",
        at=lead.updated_at,
    )


def lead_converted(
    lead: Lead,
    *,
    customer_is_new: bool,
    deal: NewDeal | None,
    linked_deal_ids: Sequence[UUID],
    carry_communications: bool,
) -> LeadConverted:
    """Say what a lead became."""
    if lead.customer_id is None or lead.converted_at is None:
        raise ValueError("the lead is converted before it is said")
    return LeadConverted(
        lead_id=lead.id,
        crm_ref=lead.id,
        customer_id=lead.customer_id,
        company_id=lead.company_id,
        contact_id=lead.contact_id,
        customer_is_new=customer_is_new,
        deal=deal,
        linked_deal_ids=tuple(linked_deal_ids),
        owner_id=lead.owner_id,
        source_id=lead.source_id,
        carry_communications=carry_communications,
        converted_at=lead.converted_at,
    )


def lead_deleted(lead: Lead) -> LeadDeleted:
    """Say that a lead was removed."""
    return LeadDeleted(lead_id=lead.id)
