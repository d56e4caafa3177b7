"""What the gateway says: users, roles, departments, teams, modules and keys."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from contracts.event import Event
from contracts.vocabulary import PERSONAL, AuditEntryEvent, Part, SettingEvent, natural_id
from kernel.money import Money


class UserEvent(Event):
    """Base of an account's life: who somebody is now."""

    user_id: UUID
    name: Annotated[str, PERSONAL]
    email: Annotated[str, PERSONAL]
    roles: tuple[str, ...]
    department_ids: tuple[UUID, ...]
    team_ids: tuple[UUID, ...]
    time_zone: str
    language: str
    active: bool


class UserCreated(UserEvent):
    """Somebody got an account."""

    topic = "gateway.user.created"


class UserChanged(UserEvent):
    """The profile, roles, departments or teams of a user changed."""

    topic = "gateway.user.changed"


class UserDeactivated(UserEvent):
    """A user may no longer log in."""

    topic = "gateway.user.deactivated"


class Member(Part):
    """A member of a team, with the limits within which leads are assigned to them."""

    user_id: UUID
    max_30d: int
    skip: bool
    filter: dict[str, Any]


class GroupEvent(Event):
    """Base of roles, departments and teams; each uses the fields it has."""

    id: UUID
    name: str
    head_id: UUID | None = None
    members: tuple[Member, ...] | None = None
    target: Money | None = None
    uses_leads: bool | None = None
    alias: str | None = None
    country: str | None = None
    currency: str | None = None
    active: bool


class RoleChanged(GroupEvent):
    """A role was added, changed or removed."""

    topic = "gateway.role.changed"
    key = "id"


class DepartmentChanged(GroupEvent):
    """A department was added, changed or removed.

    The first event of a copy names its original in `copied_from`: whoever keeps dictionaries by
    department gives the copy entries like those of the original (GAT-033).
    """

    topic = "gateway.department.changed"
    key = "id"

    copied_from: UUID | None = None


class TeamChanged(GroupEvent):
    """A team was added, changed or removed."""

    topic = "gateway.team.changed"
    key = "id"


def _module_id(data: dict[str, Any]) -> UUID:
    return natural_id("module", data["module"])


class ModuleSwitched(Event):
    """A part of the suite was switched on or off."""

    topic = "gateway.module.switched"

    module: str
    enabled: bool
    module_id: UUID = Field(default_factory=_module_id)


class ApiKeyRevoked(Event):
    """An API key is no longer good."""

    topic = "gateway.api_key.revoked"
    key = "key_id"

    key_id: UUID


class SettingChanged(SettingEvent):
    """Settings of the gateway were changed, imported or reset."""

    topic = "gateway.setting.changed"


class AuditRecorded(AuditEntryEvent):
    """A change of a record of the gateway was noted: who, when, how, old and new values."""

    topic = "gateway.audit.recorded"
