"""Turns events into facts, a batch at a time: append to the log, fold, upsert.

    append          one statement; what the log had already falls out here
    fold            from the stored state on; an aggregate that hears something older than what it
                    has is folded again from its whole history
    upsert          one statement per kind

Batches take turns, so the log's places and the facts grow together.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.commands.logging import log_events, logged
from analytics.commands.star import keep_states
from analytics.domain.folding import KINDS, begin, fold, in_order
from analytics.domain.folding.logged import Logged
from analytics.queries.log import whole_histories
from analytics.queries.states import stored_states
from contracts.event import Envelope

TURN: Final = 0x416E_616C_7974_6963  # "Analytic"
# longer than a rebuild's swap may take, so that no event fails for having waited for it
TAKE_TURN = text("select set_config('lock_timeout', '9s', true), pg_advisory_xact_lock(:turn)")

Histories = Mapping[UUID, Sequence[Logged]]
"""Events of aggregates of one kind, each in the order of its versions."""


async def apply_events(session: AsyncSession, envelopes: Sequence[Envelope]) -> None:
    """Log events and carry the facts on; repeated, late and reordered ones do no harm."""
    await take_turn(session)
    fresh: dict[str, dict[UUID, list[Logged]]] = defaultdict(lambda: defaultdict(list))
    for envelope in await log_events(session, envelopes):
        kind = KINDS.get(envelope.topic)
        if kind:
            fresh[kind][envelope.aggregate_id].append(logged(envelope))
    for kind, found in fresh.items():
        histories = {aggregate_id: in_order(events) for aggregate_id, events in found.items()}
        await _carry_on(session, kind, histories)


async def take_turn(session: AsyncSession) -> None:
    """Wait until nobody else changes log and facts; the turn ends with the transaction.

    A statement of its own: one that also names a table would hold it against a rebuild's swap.
    """
    await session.execute(TAKE_TURN, {"turn": TURN})


async def _carry_on(session: AsyncSession, kind: str, histories: Histories) -> None:
    states = await stored_states(session, kind, histories)
    late = [
        aggregate_id
        for aggregate_id, events in histories.items()
        if aggregate_id in states and events[0].version <= states[aggregate_id]["version"]
    ]
    whole = await whole_histories(session, late) if late else {}
    states |= {aggregate_id: begin(aggregate_id) for aggregate_id in whole}
    folded = [
        fold(kind, states.get(aggregate_id) or begin(aggregate_id), whole.get(aggregate_id, events))
        for aggregate_id, events in histories.items()
    ]
    await keep_states(session, kind, folded)
