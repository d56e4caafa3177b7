"""What the gateway says."""

from collections.abc import Sequence
from uuid import UUID

from contracts.event import Event
from contracts.gateway import (
    AuditRecorded,
    DepartmentChanged,
    Member,
    TeamChanged,
    UserChanged,
    UserCreated,
    UserDeactivated,
    UserEvent,
)
from gateway.models.department import Department
from gateway.models.team import Team, TeamMember
from gateway.models.user import User
from kernel.money import Money

PUBLISHES: tuple[type[Event], ...] = (
    UserCreated,
    UserChanged,
    UserDeactivated,
    DepartmentChanged,
    TeamChanged,
    AuditRecorded,
)


def about_user(event: type[UserEvent], user: User, team_ids: Sequence[UUID]) -> UserEvent:
    """Say who a user is now."""
    return event(
        user_id=user.id,
        name=user.name,
        email=user.email,
        roles=tuple(user.roles),
        department_ids=tuple(user.department_ids),
        team_ids=tuple(team_ids),
        time_zone=user.time_zone,
        language=user.language,
        active=user.active,
    )


def department_changed(
    department: Department, *, copied_from: UUID | None = None
) -> DepartmentChanged:
    """Say what a department is now; a deleted one is not active, a copy names its original."""
    return DepartmentChanged(
        id=department.id,
        name=department.name,
        head_id=department.head_id,
        country=department.country,
        currency=department.currency,
        active=department.active and department.deleted_at is None,
        copied_from=copied_from,
    )


def team_changed(team: Team, members: Sequence[TeamMember]) -> TeamChanged:
    """Say what a team is now, with all its members; a deleted one is not active."""
    return TeamChanged(
        id=team.id,
        name=team.name,
        head_id=team.leader_id,
        members=tuple(
            Member(user_id=m.user_id, max_30d=m.max_30d, skip=m.skip, filter=m.filter)
            for m in members
        ),
        target=target_of(team),
        uses_leads=team.uses_leads,
        alias=team.alias,
        active=team.active and team.deleted_at is None,
    )


def target_of(team: Team) -> Money | None:
    """Answer the invoicing target of a team."""
    if team.target_amount is None or team.target_currency is None:
        return None
    return Money(amount=team.target_amount, currency=team.target_currency)
