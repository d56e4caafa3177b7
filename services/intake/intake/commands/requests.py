"""What users do with requests: entering, editing, linking, removing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from intake.commands.changes import edit, remove, say
from intake.commands.links import Linked, attach, filled_in, match, normalised_phone
from intake.commands.owners import ASSIGNMENT, active_owner, place_again, place_new
from intake.commands.receive import receive
from intake.commands.relinking import LINKS, hold_chosen
from intake.domain.matching import Match
from intake.domain.requests import allow_kind
from intake.events import requests as events
from intake.models import Company, Request
from intake.queries.dictionaries import check_source
from intake.queries.replicas import missing_products
from kernel.errors import Conflict, invalid


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
    chosen = await hold_chosen(session, request, caller) if by_hand else None
    await receive(session, request, chosen)
    return request


async def edit_request(
    session: AsyncSession, request: Request, caller: Caller, changes: Mapping[str, Any]
) -> None:
    """Change fields, links or owners of a request locked with its writer (INT-032, INT-033).

    A pending request that nobody linked by hand is matched again (INT-023).

    Raises:
        Invalid: links contradict each other, or something named is unknown.
        Conflict: the request cannot become a case, or cannot stop being one.
    """
    caller.require("intake.request.change", request)
    values = await place_again(session, changes, request)
    await _check_references(session, values)
    allow_kind(values.get("kind", request.kind), request.state, request.deal_id)
    assigned = {name: values.pop(name) for name in ASSIGNMENT & values.keys()}
    before = {name: getattr(request, name) for name in LINKS}
    changed = dict(edit(session, request, values))
    if changed.keys() & set(LINKS):
        linked = await hold_chosen(session, request, caller, before)
        settled = {
            "links_by_hand": True,
            "candidates": [],
            "match_reasons": [],
            "verification_required": False,
        }
        changed |= edit(session, request, {**filled_in(request, linked), **settled}, "linked")
        if request.owner_id is None:
            heir = await active_owner(session, *linked.parties)
            assigned = {"owner_id": heir, **assigned}
    elif request.state == "pending" and not request.links_by_hand:
        changed |= await _match_again(session, request)
    await _normalise(session, request)
    if changed:
        say(session, request, events.request_updated(request, changed))
    _assign(session, request, assigned)


async def rematch_request(session: AsyncSession, request: Request, caller: Caller) -> None:
    """Look again for who wrote a request that is locked with its writer (INT-032).

    Raises:
        Conflict: somebody linked it by hand.
    """
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
    return await take_match(session, request, *await match(session, request))


async def take_match(
    session: AsyncSession, request: Request, found: Match, linked: Linked
) -> dict[str, Any]:
    """Tie a request to who was found now; answers what changed.

    It stays as it is when nobody is found, or when whom it is tied to is still among them.
    """
    tied = tuple(getattr(request, name) for name in LINKS)
    same = tied == (found.contact_id, found.company_id, found.lead_id)
    if same or any(party.id in tied for party in found.candidates):
        return {}
    if not found.found and not found.candidates:
        return {}
    changed = dict(edit(session, request, attach(request, found, linked), "matched"))
    if request.owner_id is None:
        _assign(session, request, {"owner_id": await active_owner(session, *linked.parties)})
    return changed


async def _normalise(session: AsyncSession, request: Request) -> None:
    company = await session.get(Company, request.company_id) if request.company_id else None
    request.phone_e164 = normalised_phone(request, company)


async def _check_references(session: AsyncSession, values: Mapping[str, Any]) -> None:
    await check_source(session, values.get("source_id"))
    if values.get("product_ids") and await missing_products(session, values["product_ids"]):
        raise invalid("product_ids", "there is no such active product", "product_unknown")
