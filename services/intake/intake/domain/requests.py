"""The states of a request and the moves between them (INT-036 to INT-041, INT-051)."""

from typing import Final, Literal
from uuid import UUID

from intake.domain.refusals import refuse_wrong
from kernel.errors import Conflict, FieldError

State = Literal["pending", "validated", "irrelevant", "unfulfillable", "duplicate", "closed"]
Kind = Literal["commercial", "case"]
Channel = Literal["form", "email", "manual", "api"]

SHOWN_BY_DEFAULT: Final[tuple[State, ...]] = ("pending", "validated", "closed")


def decide(state: State, new: State, *, kind: Kind, has_deal: bool) -> State:
    """Answer the state a pending request is moved to.

    Raises:
        Conflict: only a pending request is decided about; only a case is closed.
    """
    if state != "pending":
        raise Conflict(f"The request is {state}, not pending.", code="request_not_pending")
    if new == "closed" and kind != "case":
        raise Conflict("Only a case can be closed.", code="request_not_case")
    if has_deal and new != "validated":
        raise Conflict("The request has a deal.", code="request_has_deal")
    return new


def reopen(state: State, *, has_deal: bool) -> State:
    """Answer the state of a request somebody wants to decide about again.

    Raises:
        Conflict: it is pending already, or was validated and has a deal.
    """
    if state == "pending":
        raise Conflict("The request is pending already.", code="request_pending")
    if has_deal:
        raise Conflict("The request has a deal.", code="request_has_deal")
    return "pending"


def allow_deal(state: State, kind: Kind, deal_id: UUID | None) -> None:
    """Refuse a deal from a request that has one or cannot have one.

    Raises:
        Conflict: with the reason as its code.
    """
    if deal_id:
        raise Conflict("The request has a deal already.", code="request_has_deal", deal_id=deal_id)
    if kind == "case":
        raise Conflict("A case never makes a deal.", code="request_is_case")
    if state == "irrelevant":
        raise Conflict("The request is irrelevant.", code="request_irrelevant")
    if state == "unfulfillable":
        raise Conflict("Nobody can fulfil the request.", code="request_unfulfillable")
    if state == "duplicate":
        raise Conflict("The request repeats another one.", code="request_duplicate")


def allow_kind(kind: Kind, state: State, deal_id: UUID | None) -> None:
    """Refuse to make a case of what has a deal, or a commercial request of a closed case.

    Raises:
        Conflict: with the reason as its code.
    """
    if kind == "case" and deal_id:
        raise Conflict("The request has a deal.", code="request_has_deal", deal_id=deal_id)
    if kind == "commercial" and state == "closed":
        raise Conflict("The case is closed; reopen it first.", code="case_closed")


def check_links(
    contact_id: UUID | None,
    company_id: UUID | None,
    lead_id: UUID | None,
    contact_company_id: UUID | None,
) -> None:
    """Refuse links that contradict each other (INT-032).

    Raises:
        Invalid: naming the field that does not go with another.
    """
    errors: list[FieldError] = []
    if lead_id and contact_id:
        errors.append(FieldError("/lead_id", "contact_linked_already", "a contact is linked"))
    if lead_id and company_id:
        errors.append(FieldError("/company_id", "lead_linked_already", "a lead is linked"))
    if contact_id and company_id and contact_company_id not in (None, company_id):
        errors.append(
            FieldError("/contact_id", "contact_of_other_company", "belongs to another company")
        )
    refuse_wrong(errors)
