"""The one way a request comes in, whatever its channel (INT-003 to INT-006, INT-023 to INT-034)."""

from sqlalchemy.ext.asyncio import AsyncSession

from intake.commands.changes import say, start
from intake.commands.links import Linked, attach, filled_in, lock_writer, match, normalised_phone
from intake.commands.owners import active_owner
from intake.commands.spawning import spawn_lead
from intake.events import requests as events
from intake.models import Request
from intake.queries.preferences import hold_defaults
from intake.queries.requests import count_from_clients
from kernel import clock, ids
from kernel.ids import uuid7


async def receive(session: AsyncSession, request: Request, chosen: Linked | None = None) -> None:
    """Store a new request, tied to `chosen`, else to whom it matches, else to a new lead.

    The statements are the same few whatever is stored already. The writer's names are locked, so
    two first requests of one person make one lead.
    """
    request.id, request.ticket, request.state = uuid7(), ids.ticket(), "pending"
    request.received_at = request.received_at or clock.now()
    request.receipt_date = clock.today()
    own_owner_id = request.owner_id
    linked = await _tie(session, request, chosen)
    request.owner_id = own_owner_id or await active_owner(session, *linked.parties)
    request.phone_e164 = normalised_phone(request, linked.company)
    is_first = _is_from_stranger(request) and await _spawn(session, request)
    received = 1 if is_first else await _count(session, request)
    request.subsequent = received > 1
    start(session, request)
    say(session, request, events.request_received(request, received))
    if request.owner_id and not own_owner_id:
        say(session, request, events.request_assigned(request, None))


async def _tie(session: AsyncSession, request: Request, chosen: Linked | None) -> Linked:
    if chosen is None:
        await lock_writer(session, request)
        found, chosen = await match(session, request)
        values = attach(request, found, chosen)
    else:
        request.links_by_hand = True
        values = filled_in(request, chosen)
    for name, value in values.items():
        setattr(request, name, value)
    return chosen


def _is_from_stranger(request: Request) -> bool:
    """Answer whether nobody is known or to be chosen from, so that a new lead is due."""
    tied = request.contact_id or request.company_id or request.lead_id
    return not (tied or request.candidates or request.links_by_hand)


async def _spawn(session: AsyncSession, request: Request) -> bool:
    """Make the lead of a stranger's request, unless that waits for the validation."""
    defaults = await hold_defaults(session)
    if defaults.preferences.requests_spawn_lead_on == "validation":
        return False
    request.lead_id = await spawn_lead(session, request, defaults)
    return True


async def _count(session: AsyncSession, request: Request) -> int:
    """Answer the number of requests from this client, this one included (INT-044)."""
    client_id = request.company_id or request.contact_id or request.lead_id
    return (await count_from_clients(session, [client_id]))[client_id] + 1 if client_id else 0
