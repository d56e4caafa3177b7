"""Events about requests."""

from uuid import UUID

from contracts.intake import (
    CaseClosed,
    CaseReopened,
    DealRequested,
    Person,
    RequestAssigned,
    RequestDeleted,
    RequestMarkedDuplicate,
    RequestReceived,
    RequestRejected,
    RequestReopened,
    RequestUpdated,
    RequestValidated,
)
from contracts.vocabulary import Changes
from intake.domain.person_names import PersonName
from intake.models import Request
from kernel.money import Money

Verdict = RequestRejected | RequestMarkedDuplicate | RequestReopened | CaseClosed | CaseReopened


def person_name(request: Request) -> str | None:
    """Answer the writer's full name, as far as it is known."""
    name = PersonName(request.first_name or "", request.middle_name, request.last_name)
    return name.full or None


def request_received(request: Request, client_requests: int) -> RequestReceived:
    """Say that a request came in; `client_requests` counts it too."""
    return RequestReceived(
        request_id=request.id,
        ticket=request.ticket,
        channel=request.channel,
        source_id=request.source_id,
        subject=request.subject,
        person=Person(
            name=person_name(request),
            email=request.email,
            phone=request.phone_e164 or request.phone,
            company=request.company_name,
        ),
        country=request.country,
        city=request.city,
        state=request.state,
        kind=request.kind,
        primary=not request.subsequent,
        owner_id=request.owner_id,
        department_id=request.department_id,
        company_id=request.company_id,
        contact_id=request.contact_id,
        lead_id=request.lead_id,
        product_ids=tuple(request.product_ids),
        received_at=request.received_at,
        client_requests=client_requests,
    )


def request_updated(request: Request, changed: Changes) -> RequestUpdated:
    """Say which fields or links of a request changed."""
    return RequestUpdated(
        request_id=request.id,
        changed=changed,
        owner_id=request.owner_id,
        company_id=request.company_id,
        contact_id=request.contact_id,
        lead_id=request.lead_id,
    )


def request_assigned(request: Request, old_owner_id: UUID | None) -> RequestAssigned:
    """Say that a request has another owner."""
    return RequestAssigned(
        request_id=request.id,
        changed={"owner_id": (old_owner_id, request.owner_id)},
        owner_id=request.owner_id,
        company_id=request.company_id,
        contact_id=request.contact_id,
        lead_id=request.lead_id,
    )


def request_validated(request: Request, owner_id: UUID) -> RequestValidated:
    """Say that a request was found genuine."""
    return RequestValidated(request_id=request.id, owner_id=owner_id, at=request.updated_at)


def request_decided(request: Request, *, before: str) -> Verdict:
    """Say what a request that is not validated was decided to be, or that it is open again."""
    if request.state == "closed":
        return CaseClosed(request_id=request.id, at=request.updated_at)
    if before == "closed":
        return CaseReopened(request_id=request.id, at=request.updated_at)
    kind: type[RequestMarkedDuplicate | RequestReopened | RequestRejected] = RequestRejected
    if request.state in ("duplicate", "pending"):
        kind = RequestMarkedDuplicate if request.state == "duplicate" else RequestReopened
    return kind(
        request_id=request.id,
        state=request.state,
        reason=request.state_reason,
        original_id=request.original_id,
    )


def deal_requested(
    request: Request,
    crm_ref: UUID,
    *,
    pipeline_id: UUID | None,
    stage_id: UUID | None,
    amount: Money | None,
) -> DealRequested:
    """Ask for the deal whose id the request holds already."""
    if request.deal_id is None:
        raise ValueError("the deal's id is made before it is asked for")
    return DealRequested(
        request_id=request.id,
        deal_id=request.deal_id,
        crm_ref=crm_ref,
        ticket=request.ticket,
        name=request.subject,
        description=request.remark,
        owner_id=request.owner_id,
        co_owner_id=request.co_owner_id,
        department_id=request.department_id,
        company_id=request.company_id,
        contact_id=request.contact_id,
        lead_id=request.lead_id,
        country=request.country,
        city=request.city,
        source_id=request.source_id,
        product_ids=tuple(request.product_ids),
        pipeline_id=pipeline_id,
        stage_id=stage_id,
        amount=amount,
    )


def request_deleted(request: Request) -> RequestDeleted:
    """Say that a request was removed."""
    return RequestDeleted(request_id=request.id, ticket=request.ticket)
