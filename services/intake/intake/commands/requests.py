"""What users do with requests: entering, editing, linking, removing."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from intake.commands.changes import edit, remove, say
from intake.commands.links import (
    Linked,
    attach,
    filled_in,
    hold,
    lock_writer,
    match,
    normalised_phone,
)
from intake.commands.owners import ASSIGNMENT, place_again, place_new
from intake.commands.receive import receive
from intake.domain.requests import check_links
from intake.events import requests as events
from intake.models import Company, Contact, Request
from intake.queries.dictionaries import source_exists
from intake.queries.directory import find_visible
from intake.queries.leads import find_visible_lead
from intake.queries.replicas import missing_products
from kernel.errors import Conflict, FieldError, Invalid, invalid

LINKS: Final = frozenset({"contact_id", "company_id", "lead_id"})
TRAITS: Final = frozenset(
    {"first_name", "last_name", "email", "phone", "website", "company_name", "country"}
)


async def enter_request(
    session: AsyncSession, caller: Caller, values: Mapping[str, Any]
) -> Request:
    """Store a request a user took, as on the telephone (INT-002).

    Raises:
        Invalid: nobody is named, links contradict each other, or something named is unknown.
    """
    if not values.get("first_name") and not (values.get("contact_id") or values.get("lead_id")):
        message = "is needed unless a contact or lead is chosen"
        raise invalid("first_name", message, "first_name_required")
    filled = {"owner_id": caller.user_id, **values}
    placed = await place_new(session, caller, "intake.request.add", filled)
    await _check_references(session, placed)
    request = Request(**placed, channel="manual")
    by_hand = any(values.get(link) for link in LINKS)
    await receive(session, request, await _chosen(session, request, caller) if by_hand else None)
    return request


async def edit_request(
    session: AsyncSession, request: Request, caller: Caller, changes: Mapping[str, Any]
) -> None:
    """Change fields, links or owners of a locked request (INT-032, INT-033).

    Changed data of a pending request that nobody linked by hand are matched again.
    """
    caller.require("intake.request.change", request)
    values = await place_again(session, changes)
    await _check_references(session, values)
    assigned = {name: values.pop(name) for name in ASSIGNMENT & values.keys()}
    before = {name: getattr(request, name) for name in LINKS}
    changed = dict(edit(session, request, values))
    if LINKS & changed.keys():
        linked = await _chosen(session, request, caller, before)
        settled = {
            "links_by_hand": True,
            "candidates": [],
            "match_reasons": [],
            "verification_required": False,
        }
        changed |= edit(session, request, {**filled_in(request, linked), **settled}, "linked")
    elif TRAITS & changed.keys() and request.state == "pending" and not request.links_by_hand:
        changed |= await _match_again(session, request)
    await _normalise(session, request)
    if changed:
        say(session, request, events.request_updated(request, changed))
    _assign(session, request, assigned)


async def rematch_request(session: AsyncSession, request: Request, caller: Caller) -> None:
    """Look again for who wrote a request, unless somebody linked it by hand (INT-032)."""
    caller.require("intake.request.change", request)
    if request.links_by_hand:
        raise Conflict("The request was linked by hand.", code="links_by_hand")
    changed = await _match_again(session, request)
    if changed:
        say(session, request, events.request_updated(request, changed))


async def confirm_links(session: AsyncSession, request: Request, caller: Caller) -> None:
    """Note that the links found by matching are right."""
    caller.require("intake.request.change", request)
    changed = edit(session, request, {"verification_required": False}, "links_confirmed")
    if changed:
        say(session, request, events.request_updated(request, changed))


async def delete_request(session: AsyncSession, request: Request, caller: Caller) -> None:
    """Remove a locked request.

    Raises:
        Conflict: a deal was made from it.
    """
    caller.require("intake.request.delete", request)
    if request.deal_id:
        raise Conflict("The request has a deal.", code="request_has_deal")
    remove(session, request)
    say(session, request, events.request_deleted(request))


def take_over(session: AsyncSession, request: Request, caller: Caller) -> UUID:
    """Make the caller the owner of a request that has none (INT-042); answers the owner."""
    if request.owner_id is None:
        _assign(session, request, {"owner_id": caller.user_id})
    return request.owner_id or caller.user_id


def _assign(session: AsyncSession, request: Request, assigned: Mapping[str, Any]) -> None:
    old_owner_id = request.owner_id
    changed = edit(session, request, assigned, "assigned")
    if "owner_id" in changed:
        say(session, request, events.request_assigned(request, old_owner_id))
    elif changed:
        say(session, request, events.request_updated(request, changed))


async def _match_again(session: AsyncSession, request: Request) -> dict[str, Any]:
    """Match a request anew; a lead it made itself is kept when nobody else is found."""
    await lock_writer(session, request)
    found, linked = await match(session, request)
    if not found.found and not found.candidates:
        return {}
    changed = dict(edit(session, request, attach(request, found, linked), "matched"))
    if request.owner_id is None and linked.owner_id:
        _assign(session, request, {"owner_id": linked.owner_id})
    return changed


async def _normalise(session: AsyncSession, request: Request) -> None:
    company = await session.get(Company, request.company_id) if request.company_id else None
    request.phone_e164 = normalised_phone(request, company)


async def _chosen(
    session: AsyncSession,
    request: Request,
    caller: Caller,
    before: Mapping[str, Any] | None = None,
) -> Linked:
    """Hold what a user chose; newly chosen records must be visible and fit together."""
    earlier = before or {}
    errors: list[FieldError] = []
    contact_id, company_id = request.contact_id, request.company_id
    if contact_id not in (None, earlier.get("contact_id")) and not await find_visible(
        session, Contact, contact_id, caller
    ):
        errors.append(FieldError("/contact_id", "record_unknown", "there is no such contact"))
    if company_id not in (None, earlier.get("company_id")) and not await find_visible(
        session, Company, company_id, caller
    ):
        errors.append(FieldError("/company_id", "record_unknown", "there is no such company"))
    if request.lead_id not in (None, earlier.get("lead_id")) and not await find_visible_lead(
        session, request.lead_id, caller
    ):
        errors.append(FieldError("/lead_id", "record_unknown", "there is no such open lead"))
    if errors:
        raise Invalid(f"{errors[0].field}: {errors[0].message}", errors=tuple(errors))
    linked = await hold(session, request.contact_id, request.company_id, request.lead_id)
    company_id = linked.contact.company_id if linked.contact else None
    check_links(request.contact_id, request.company_id, request.lead_id, company_id)
    return linked


async def _check_references(session: AsyncSession, values: Mapping[str, Any]) -> None:
    if values.get("source_id") and not await source_exists(session, values["source_id"]):
        raise invalid("source_id", "there is no such source", "source_unknown")
    if values.get("product_ids") and await missing_products(session, values["product_ids"]):
        raise invalid("product_ids", "there is no such active product", "product_unknown")
