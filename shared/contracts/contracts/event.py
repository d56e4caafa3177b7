"""An event: a fact one service tells the others, and the envelope it travels in.

The wire form is CloudEvents 1.0 structured JSON. A subclass of `Event` *is* the contract: its
docstring is the documentation, its fields are the `data` member, its topic is the routing key, and
`crm.<topic>.v<version>` is the CloudEvents type. Within a version only optional fields are added.
"""

from datetime import datetime
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

ActorKind = Literal["user", "key", "rule", "event", "import", "system"]

REGISTRY: Final[dict[str, type["Event"]]] = {}
"""Every event class by its topic."""


class Event(BaseModel):
    """Base of all events.

    `entity` names the aggregate, by default the topic's noun; the field `<entity>_id`, or the one
    called `key`, holds its id.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: ClassVar[str]
    version: ClassVar[int] = 1
    entity: ClassVar[str]
    key: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        topic = cls.__dict__.get("topic")
        if topic is None:  # an abstract relative shared by several topics
            return
        if topic in REGISTRY:
            raise TypeError(f"two event classes share the topic {topic}")
        cls.entity = cls.__dict__.get("entity", topic.split(".")[1])
        cls.key = getattr(cls, "key", f"{cls.entity}_id")
        if cls.key not in cls.model_fields:
            raise TypeError(f"{cls.__name__} has no field {cls.key}")
        REGISTRY[topic] = cls

    @classmethod
    def type(cls) -> str:
        """Answer the CloudEvents type."""
        return f"crm.{cls.topic}.v{cls.version}"

    @property
    def aggregate_id(self) -> UUID:
        """Answer the id of the aggregate this event is about."""
        aggregate_id: UUID = getattr(self, self.key)
        return aggregate_id


class Envelope(BaseModel):
    """A CloudEvents 1.0 envelope with the suite's extensions; unknown attributes are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"]
    id: UUID
    source: str = Field(pattern=r"^/crm/[a-z]+$")
    type: str = Field(pattern=r"^crm\.[a-z]+\.[a-z_]+\.[a-z_]+\.v[0-9]+$")
    subject: str = Field(pattern=r"^[a-z_]+/[0-9a-f-]{36}$")
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str | None = None
    aggregateversion: int = Field(ge=1)
    seq: int | None = None
    actor: str | None = None
    actorkind: ActorKind = "system"
    correlationid: UUID | None = None
    causationid: UUID | None = None
    traceparent: str | None = None
    departmentid: UUID | None = None
    teamid: UUID | None = None
    data: dict[str, Any]

    @property
    def topic(self) -> str:
        """Answer the routing key: the type without `crm.` and the version."""
        return self.type[len("crm.") :].rpartition(".v")[0]

    @property
    def service(self) -> str:
        """Answer the service that said it."""
        return self.source.removeprefix("/crm/")

    @property
    def entity(self) -> str:
        """Answer the kind of aggregate, as in `deal`."""
        return self.subject.partition("/")[0]

    @property
    def aggregate_id(self) -> UUID:
        """Answer the id of the aggregate."""
        return UUID(self.subject.partition("/")[2])

    @property
    def occurred_at(self) -> datetime:
        """Answer when it happened, by the producer's clock."""
        return self.time

    def event(self) -> Event:
        """Read `data` as the event class of this type.

        Raises:
            LookupError: no class in this release reads the type or its version.
            pydantic.ValidationError: `data` is not what the class demands.
        """
        cls = REGISTRY[self.topic]
        if cls.type() != self.type:
            raise LookupError(self.type)
        return cls.model_validate(self.data)
