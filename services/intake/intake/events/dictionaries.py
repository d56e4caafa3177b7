"""Events about lead statuses and sources."""

from contracts.intake import LeadSourceDefined, LeadStatusDefined
from intake.models import LeadSource, LeadStatus


def lead_status_defined(status: LeadStatus) -> LeadStatusDefined:
    """Say how a status is now."""
    return LeadStatusDefined(
        id=status.id,
        name=status.name,
        position=status.position,
        flags={
            "code": status.code,
            "colour": status.colour,
            "default": status.is_default,
            "final": status.is_final,
            "qualified": status.qualified,
        },
        active=True,
        deleted=status.deleted_at is not None,
    )


def lead_source_defined(source: LeadSource) -> LeadSourceDefined:
    """Say how a source is now."""
    return LeadSourceDefined(
        id=source.id,
        name=source.name,
        flags={"department_id": str(source.department_id) if source.department_id else None},
        active=source.active,
        deleted=source.deleted_at is not None,
    )
