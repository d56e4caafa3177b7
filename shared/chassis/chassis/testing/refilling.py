"""A service that lost its replicas and fills them anew, while something more is said."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, inspect, select

from chassis.log_sources import EventSource, LoggedPage
from chassis.origin import by_system
from chassis.refill import Refilled, owners_of, refill
from chassis.subscriptions import Subscription
from chassis.testing.service import ServiceUnderTest, log_of
from contracts.event import Envelope

Copies = dict[UUID, dict[str, Any]]


async def copies_of(service: ServiceUnderTest, subscription: Subscription) -> Copies:
    """Answer every copy the service keeps, by the record's id."""
    found: Copies = {}
    async with service.database.reading() as session:
        for replica in subscription.replicas:
            rows = await session.execute(select(inspect(replica).local_table))
            found |= {row["id"]: dict(row) for row in rows.mappings()}
    return found


async def lose_copies(service: ServiceUnderTest, subscription: Subscription) -> None:
    """Empty every replica."""
    async with service.database.transaction(by_system("test")) as session:
        for replica in subscription.replicas:
            await session.execute(delete(replica))


async def refill_beside(
    service: ServiceUnderTest,
    subscription: Subscription,
    said: Sequence[bytes],
    live: Sequence[bytes],
) -> Refilled:
    """Fill the replicas from what was said; `live` is heard when all of that has been read.

    Only then it is in the logs, too, so that the refill must read on.
    """
    logs = {
        owner: [body for body in said if Envelope.model_validate_json(body).service == owner]
        for owner in owners_of(subscription)
    }
    waiting = list(live)

    def source(owner: str) -> EventSource:
        async def read(after_seq: int) -> LoggedPage:
            page = await log_of(logs[owner], page=3)(after_seq)
            if waiting and after_seq == len(logs[owner]) and owner == _owner_of(waiting[0]):
                heard, waiting[:] = list(waiting), []
                await service.deliver(subscription, heard)
                logs[owner] += heard
            return page

        return read

    return await refill(service.database, subscription, {owner: source(owner) for owner in logs})


def _owner_of(body: bytes) -> str:
    return Envelope.model_validate_json(body).service
