"""What a service hears: one subscription per purpose, handlers as plain functions.

    events = Subscription("intake", "events", replicas=(UserReplica, DealReplica))

    @events.keeps(UserChanged, DealWon)      a copy, and nothing else: can be filled anew
    async def know(session: AsyncSession, heard: Heard[UserChanged | DealWon]) -> None: ...

    @events.on(DealWon)                      an act: happens once
    async def take_win(session: AsyncSession, heard: Heard[DealWon]) -> None: ...

Handlers run in one transaction per batch, after the inbox claimed each event; they may see events
late and out of order, never twice. Of one event the copy is kept first. What is declared by `keeps`
may be called again with any event of the owner's log (`chassis.refill`); what is under `on` never.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Table
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
    which bounds the work repeated when one of them fails. `replicas` are the tables that `keeps`,
    or the handler of whole batches, fills by `id` and `version`, from events alone.
    """

    service: str
    purpose: str
    batch: int = 200
    chunk: int = 25
    replicas: tuple[type[Table], ...] = ()
    keepers: dict[str, Handler] = field(default_factory=dict)
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
        return self.patterns or tuple(sorted({*self.keepers, *self.handlers}))

    def keeps(self, *events: type[Event]) -> Callable[[HandlerT], HandlerT]:
        """Let the decorated function keep copies of what these events tell, by version, only."""
        return self._register(self.keepers, events)

    def on(self, *events: type[Event]) -> Callable[[HandlerT], HandlerT]:
        """Let the decorated function handle these events."""
        return self._register(self.handlers, events)

    def on_batch(self, *patterns: str) -> Callable[[BatchHandlerT], BatchHandlerT]:
        """Let the decorated function handle whole batches of every event the patterns match.

        With `replicas` it keeps copies by version, and does nothing else.
        """

        def register(handler: BatchHandlerT) -> BatchHandlerT:
            self.whole_batch, self.patterns = handler, patterns
            return handler

        return register

    def handlers_of(self, topic: str) -> tuple[Handler, ...]:
        """Answer what is called for an event, in this order."""
        found = self.keepers.get(topic), self.handlers.get(topic)
        return tuple(handler for handler in found if handler)

    def copying(self) -> "Subscription":
        """Answer the part of this subscription that only keeps copies."""
        return replace(self, handlers={})

    def _register(
        self, handlers: dict[str, Handler], events: Sequence[type[Event]]
    ) -> Callable[[HandlerT], HandlerT]:
        def register(handler: HandlerT) -> HandlerT:
            for event in events:
                if handlers.setdefault(event.topic, handler) is not handler:
                    raise ValueError(f"{self.name} hears {event.topic} twice")
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
