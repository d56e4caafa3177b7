"""The direct transport: relay and subscriptions live in one process (the embedded shape).

The relay's batch is handed over when every subscription that hears it has committed. A subscription
whose database is down holds the relay back; the events wait in the log, as they would for a broker.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from chassis.database import Database
from chassis.delivery import deliver
from chassis.relay import Outgoing
from chassis.subscriptions import Subscription


@dataclass
class _Listener:
    database: Database
    subscription: Subscription
    first_pause: float
    hears: Callable[[str], bool]
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class DirectTransport:
    """Connects the relays and subscriptions of one process."""

    def __init__(self) -> None:
        self._listeners: list[_Listener] = []

    def attach(
        self, database: Database, subscription: Subscription, *, first_pause: float = 10
    ) -> None:
        """Let `subscription` hear what any relay of this process hands over."""
        hears = cache(subscription.hears)  # there are few topics and many events
        self._listeners.append(_Listener(database, subscription, first_pause, hears))

    async def hand_over(self, batch: Sequence[Outgoing]) -> None:
        """Deliver a batch to all who hear it; raises when one could not take it."""
        await asyncio.gather(*(self._deliver(listener, batch) for listener in self._listeners))

    async def _deliver(self, listener: _Listener, batch: Sequence[Outgoing]) -> None:
        subscription = listener.subscription
        heard = [event.body for event in batch if listener.hears(event.topic)]
        async with listener.turn:
            for start in range(0, len(heard), subscription.batch):
                await deliver(
                    listener.database,
                    subscription,
                    heard[start : start + subscription.batch],
                    first_pause=listener.first_pause,
                )
