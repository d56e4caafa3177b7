"""What a service hears: one subscription per purpose, handlers as plain functions under `on`.

    facts = Subscription("analytics", "facts", batch=500)

    @facts.on(DealWon)
    async def count_won_deal(session: AsyncSession, heard: Heard[DealWon]) -> None: ...

Handlers run in one transaction per batch, after the inbox claimed each event; they may see events
late and out of order, never twice.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.event import Envelope, Event

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Heard(Generic[E]):
    """One event as it came: the fact and its envelope (actor, version, cause)."""

    event: E
    envelope: Envelope


Handler = Callable[[AsyncSession, Heard[Any]], Awaitable[None]]
BatchHandler = Callable[[AsyncSession, Sequence[Envelope]], Awaitable[None]]
HandlerT = TypeVar("HandlerT", bound=Handler)
BatchHandlerT = TypeVar("BatchHandlerT", bound=BatchHandler)


@dataclass
class Subscription:
    """A durable queue `<service>.<purpose>` with the handlers of its topics.

    `batch` is the most events one transaction takes; `chunk` the most that one savepoint covers,
    which bounds the work repeated when one of them fails.
    """

    service: str
    purpose: str
    batch: int = 200
    chunk: int = 25
    handlers: dict[str, Handler] = field(default_factory=dict)
    whole_batch: BatchHandler | None = None
    patterns: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Answer the queue's name."""
        return f"{self.service}.{self.purpose}"

    @property
    def bindings(self) -> tuple[str, ...]:
        """Answer the binding keys of the queue on the topic exchange."""
        return self.patterns or tuple(sorted(self.handlers))

    def on(self, *events: type[Event]) -> Callable[[HandlerT], HandlerT]:
        """Let the decorated function handle these events."""

        def register(handler: HandlerT) -> HandlerT:
            for event in events:
                if self.handlers.setdefault(event.topic, handler) is not handler:
                    raise ValueError(f"{self.name} hears {event.topic} twice")
            return handler

        return register

    def on_batch(self, *patterns: str) -> Callable[[BatchHandlerT], BatchHandlerT]:
        """Let the decorated function handle whole batches of every event the patterns match."""

        def register(handler: BatchHandlerT) -> BatchHandlerT:
            self.whole_batch, self.patterns = handler, patterns
            return handler

        return register

    def hears(self, topic: str) -> bool:
        """Answer whether the queue is bound to `topic`."""
        return any(_matches(pattern, topic) for pattern in self.bindings)


def _matches(pattern: str, topic: str) -> bool:
    """Match like an AMQP topic exchange, for the two forms in use: exact words and a final `#`."""
    if pattern.endswith("#"):
        return topic.startswith(pattern[:-1])
    return pattern == topic
