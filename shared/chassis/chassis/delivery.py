"""Applies a batch of events to one subscription: exactly once in effect, whatever is delivered.

    read the envelopes      unreadable ones fail at once, nobody waits for them
    begin
      claim in the inbox    repeated ones fall out here
      chunk by chunk, each in a savepoint: apply; when one fails, halve until it is found
      release what failed
    commit
    keep what failed        in a transaction of its own, before the batch is acknowledged

A lost database, or a lock that others hold, raises through here and burns no try: the transport
delivers the batch again, in order.
"""

import time
from collections.abc import Sequence

import structlog
from opentelemetry import propagate, trace
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import event_log, failed_events, inbox, metrics
from chassis.database import Database
from chassis.failed_events import QUICK_TRIES, Failure
from chassis.faults import is_nobodys_fault
from chassis.origin import because_of, by_system
from chassis.subscriptions import Heard, Subscription
from contracts.event import REGISTRY, Envelope

log = structlog.get_logger()
tracer = trace.get_tracer("rapport.delivery")


class UnknownVersion(LookupError):
    """A known event in a version this release cannot read."""


async def deliver(
    database: Database,
    subscription: Subscription,
    bodies: Sequence[bytes],
    *,
    first_pause: float = 10,
) -> None:
    """Apply a batch and return once its effects, and its failures, are committed."""
    started = time.perf_counter()
    envelopes, failures = _read(subscription, bodies)
    if envelopes:
        with tracer.start_as_current_span(
            f"process {subscription.name}",
            kind=trace.SpanKind.CONSUMER,
            links=_links(envelopes),
            attributes={
                "messaging.system": "rabbitmq",
                "messaging.destination.name": subscription.name,
                "messaging.batch.message_count": len(envelopes),
            },
        ):
            failures += await _apply_batch(database, subscription, envelopes)
    if failures:
        async with database.transaction(by_system(subscription.name, "event")) as session:
            await failed_events.store(session, subscription.name, failures, first_pause)
    metrics.consume_seconds.labels(subscription.name).observe(time.perf_counter() - started)


async def _apply_batch(
    database: Database, subscription: Subscription, envelopes: Sequence[Envelope]
) -> list[Failure]:
    async with database.transaction(by_system(subscription.name, "event")) as session:
        ids = [envelope.id for envelope in envelopes]
        new = await inbox.claim(session, subscription.name, ids)
        fresh = _first_of_each([envelope for envelope in envelopes if envelope.id in new])
        failures = await apply_chunks(session, subscription, fresh)
        if failures:
            failed = [failure.event_id for failure in failures]
            await inbox.release(session, subscription.name, failed)
    count = metrics.consumed.labels
    count(subscription.name, "applied").inc(len(fresh) - len(failures))
    count(subscription.name, "repeated").inc(len(envelopes) - len(fresh))
    count(subscription.name, "failed").inc(len(failures))
    return failures


async def apply_chunks(
    session: AsyncSession, subscription: Subscription, envelopes: Sequence[Envelope]
) -> list[Failure]:
    """Apply events in order, all but those that fail; answers these."""
    failures: list[Failure] = []
    for start in range(0, len(envelopes), subscription.chunk):
        chunk = envelopes[start : start + subscription.chunk]
        failures += await _apply_or_halve(session, subscription, chunk)
    return failures


async def _apply_or_halve(
    session: AsyncSession, subscription: Subscription, envelopes: Sequence[Envelope]
) -> list[Failure]:
    """Apply events in one savepoint; answer those that failed even alone, three times."""
    tries = QUICK_TRIES if len(envelopes) == 1 else 1
    for _ in range(tries):
        point = event_log.mark(session)
        try:
            async with session.begin_nested():
                await apply(session, subscription, envelopes)
        except Exception as error:
            if is_nobodys_fault(error):
                raise
            event_log.forget_since(session, point)
            session.expire_all()
            reason = describe(error)
        else:
            return []
    if len(envelopes) == 1:
        (envelope,) = envelopes
        log.warning(
            "event.failed",
            subscription=subscription.name,
            type=envelope.type,
            event_id=str(envelope.id),
            error=reason,
        )
        body = envelope.model_dump_json(exclude_none=True).encode()
        return [Failure(envelope.id, envelope.topic, body, reason)]
    middle = len(envelopes) // 2
    first = await _apply_or_halve(session, subscription, envelopes[:middle])
    return first + await _apply_or_halve(session, subscription, envelopes[middle:])


async def apply(
    session: AsyncSession, subscription: Subscription, envelopes: Sequence[Envelope]
) -> None:
    """Call the handlers; every change they make is said to be caused by its event."""
    if subscription.whole_batch:
        await subscription.whole_batch(session, envelopes)
        return
    for envelope in envelopes:
        handlers = subscription.handlers_of(envelope.topic)
        if not handlers:  # a binding of an older release still delivers it
            continue
        heard = Heard(envelope.event(), envelope)
        event_log.acting(session, because_of(envelope, subscription.service))
        for handler in handlers:
            await handler(session, heard)
            await session.flush()


async def retry_due(
    database: Database, subscriptions: Sequence[Subscription], pauses: Sequence[float]
) -> int:
    """Try the failed events whose time has come, each in a savepoint; answers how many."""
    by_name = {subscription.name: subscription for subscription in subscriptions}
    async with database.transaction(by_system("retry", "event")) as session:
        rows = [row for row in await failed_events.lock_due(session) if row.subscription in by_name]
        for row in rows:
            error = await _retry(session, by_name[row.subscription], row.body)
            await failed_events.record_try(session, row, error, pauses)
    return len(rows)


async def _retry(session: AsyncSession, subscription: Subscription, body: bytes) -> str | None:
    point = event_log.mark(session)
    try:
        async with session.begin_nested():
            envelope = Envelope.model_validate_json(body)
            refuse_unknown_version(envelope)
            if await inbox.claim(session, subscription.name, [envelope.id]):
                await apply(session, subscription, [envelope])
    except Exception as error:
        if is_nobodys_fault(error):
            raise
        event_log.forget_since(session, point)
        session.expire_all()
        return describe(error)
    return None


def _read(
    subscription: Subscription, bodies: Sequence[bytes]
) -> tuple[list[Envelope], list[Failure]]:
    """Split a batch into readable envelopes and failures."""
    envelopes: list[Envelope] = []
    failures: list[Failure] = []
    for body in bodies:
        try:
            envelope = Envelope.model_validate_json(body)
            refuse_unknown_version(envelope)
        except (ValidationError, UnknownVersion) as error:
            event_id = failed_events.id_of_unreadable(body)
            failures.append(Failure(event_id, None, body, describe(error), parked=True))
            metrics.consumed.labels(subscription.name, "failed").inc()
        else:
            envelopes.append(envelope)
    return envelopes, failures


def refuse_unknown_version(envelope: Envelope) -> None:
    """Raise UnknownVersion unless this release can read what its service said."""
    known = REGISTRY.get(envelope.topic)
    if known and known.type() != envelope.type:
        raise UnknownVersion(envelope.type)
    if envelope.topic.partition(".")[0] != envelope.service:
        raise UnknownVersion(f"{envelope.source} cannot say {envelope.type}")


def _first_of_each(envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Drop repeats within a batch: an event's place is where it came first, so order holds."""
    return list({envelope.id: envelope for envelope in envelopes}.values())


def describe(error: BaseException) -> str:
    """Answer the failure in a line or two, for the people who will look at it."""
    text = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    name = type(error.orig if isinstance(error, DBAPIError) else error).__name__
    return f"{name}: {text}"[:2000]


def _links(envelopes: Sequence[Envelope]) -> list[trace.Link]:
    """Link the batch's span to the spans that said its events (at most 32 of them)."""
    contexts = (
        trace.get_current_span(propagate.extract({"traceparent": envelope.traceparent}))
        for envelope in envelopes[:32]
        if envelope.traceparent
    )
    return [trace.Link(span.get_span_context()) for span in contexts]
