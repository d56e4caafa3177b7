"""What events of several services have in common: parts of their data and topic-less relatives."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer

from contracts.event import Event

NATURAL_IDS: Final = UUID("0198c0de-0000-7000-8000-63726d2e6964")


def natural_id(kind: str, name: str) -> UUID:
    """Answer the id of a thing that its name identifies, such as a module: always the same one."""
    return uuid5(NATURAL_IDS, f"{kind}/{name}")


@dataclass(frozen=True)
class Personal:
    """Marks a field that tells who a person is, so that erasing the person can blank it."""


PERSONAL: Final = Personal()

Number = Annotated[Decimal, PlainSerializer("{:f}".format, return_type=str, when_used="json")]
"""An exact number, on the wire a plain string without exponent."""

Changes = dict[str, tuple[Any, Any]]
"""The changed fields by name, each with its old and its new value as JSON."""


class Part(BaseModel):
    """A value inside the data of an event; as tolerant a reader as the event itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Ref(Part):
    """Any record of any service: `kind` as in `deal`, and its id."""

    kind: str
    id: UUID


class FieldChange(Part):
    """One line of an audit entry; the values are what the field looks like in JSON."""

    field: str
    old: Any = None
    new: Any = None


class AuditEntryEvent(Event):
    """Base of the audit entries. `entry_id` is the aggregate; `way` tells how, as in `api`."""

    key = "entry_id"
    entry_id: UUID
    record: Ref
    action: str
    way: str
    actor: str
    changes: Annotated[tuple[FieldChange, ...], PERSONAL]
    at: AwareDatetime


class SettingEvent(Event):
    """Base of changed settings. `change_id` names the change, `keys` the old and new values."""

    key = "change_id"
    change_id: UUID
    keys: Changes
    way: str


class ImportEvent(Event):
    """Base of finished imports, with the number of rows by what became of them."""

    key = "job_id"
    job_id: UUID
    kind: str
    created: int
    updated: int
    skipped: int
    failed: int
    starter_id: UUID


class DeletionEvent(Event):
    """Base of deletions that need a second person. `deletion_id` names the question."""

    key = "deletion_id"
    deletion_id: UUID
    record: Ref
    asker_id: UUID
    approver_id: UUID | None = None


class FileEvent(Event):
    """Base of attachments; `size` in bytes."""

    key = "file_id"
    file_id: UUID
    record: Ref
    name: str
    size: int


class DictionaryEvent(Event):
    """Base of entries of dictionaries; `flags` as in `{"final": true}`."""

    key = "id"
    id: UUID
    name: str
    position: int | None = None
    flags: dict[str, Any]
    active: bool
    deleted: bool
