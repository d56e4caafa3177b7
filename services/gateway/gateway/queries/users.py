"""Users: everybody may see who works here (GAT-032)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from gateway.models.department import Department
from gateway.models.team import Team, TeamMember
from gateway.models.user import User
from gateway.queries.rights import ADMINISTRATOR
from kernel.errors import NotFound
from kernel.text import email_key, fold, like_pattern, trigrams


def visible_users(caller: Caller) -> Select[User]:
    """Answer the users a caller may see: all, or the caller alone."""
    query = select(User)
    if caller.rights.get("gateway.user.view") == "all":
        return query
    return query.where(User.id == caller.user_id)


def users_to_pick() -> Select[User]:
    """Answer those whom everybody may choose: who works here now."""
    return select(User).where(User.active)


def filter_users(
    query: Select[User],
    *,
    q: str | None = None,
    active: bool | None = None,
    department_id: UUID | None = None,
) -> Select[User]:
    """Keep users whose name holds `q`, and who are as asked.

    Texts of three characters and more are found by an index; shorter ones are in many names, so
    that reading in the order of the list finds a page of them soon.
    """
    if q:
        query = query.where(User.name_key.like(f"%{like_pattern(fold(q))}%", escape="\\"))
        if grams := trigrams(q):
            query = query.where(User.name_trigrams.contains(grams))
    if active is not None:
        query = query.where(User.active == active)
    if department_id is not None:
        query = query.where(User.department_ids.contains([department_id]))
    return query


async def get_visible_user(session: AsyncSession, caller: Caller, user_id: UUID) -> User:
    """Answer a user the caller may see.

    Raises:
        NotFound: there is none.
    """
    user = await session.scalar(visible_users(caller).where(User.id == user_id))
    if user is None:
        raise NotFound("There is no such user.")
    return user


async def get_user(session: AsyncSession, user_id: UUID) -> User:
    """Answer a user, locked for a change.

    Raises:
        NotFound: there is none.
    """
    user = await session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound("There is no such user.")
    return user


async def get_me(session: AsyncSession, user_id: UUID) -> User:
    """Answer the user who asks."""
    return (await session.scalars(select(User).where(User.id == user_id))).one()


async def find_by_email(session: AsyncSession, email: str) -> User | None:
    """Answer the user with an e-mail address, whatever its case."""
    return await session.scalar(select(User).where(User.email_key == email_key(email)))


async def find_users(session: AsyncSession, ids: Collection[UUID]) -> Sequence[User]:
    """Answer users by id, locked for a change, in a fixed order."""
    query = select(User).where(User.id.in_(ids)).order_by(User.id).with_for_update()
    return (await session.scalars(query)).all()


async def are_active(session: AsyncSession, ids: Collection[UUID]) -> bool:
    """Answer whether all these ids are of active users."""
    query = select(func.count()).select_from(User).where(User.id.in_(ids), User.active)
    return await session.scalar(query) == len(set(ids))


async def team_ids_of(
    session: AsyncSession, user_ids: Collection[UUID]
) -> dict[UUID, tuple[UUID, ...]]:
    """Answer the teams that each user leads or is a member of."""
    leads = select(Team.leader_id.label("user_id"), Team.id).where(
        Team.leader_id.in_(user_ids), Team.deleted_at.is_(None)
    )
    belongs = (
        select(TeamMember.user_id, Team.id)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.user_id.in_(user_ids), Team.deleted_at.is_(None))
    )
    found: dict[UUID, tuple[UUID, ...]] = dict.fromkeys(user_ids, ())
    for row in await session.execute(leads.union(belongs).order_by("id")):
        found[row.user_id] += (row.id,)
    return found


async def administrators(session: AsyncSession, *, but: UUID | None = None) -> int:
    """Count the active administrators, leaving one user out."""
    query = select(func.count()).select_from(User)
    query = query.where(User.active, User.roles.contains([ADMINISTRATOR]))
    if but is not None:
        query = query.where(User.id != but)
    return (await session.execute(query)).scalar_one()


async def names_of_groups(
    session: AsyncSession, departments: Collection[UUID], teams: Collection[UUID]
) -> tuple[dict[UUID, str], dict[UUID, str]]:
    """Answer the names of departments and of teams."""
    of_departments = select(Department.id, Department.name).where(Department.id.in_(departments))
    of_teams = select(Team.id, Team.name).where(Team.id.in_(teams))
    return (
        {row.id: row.name for row in await session.execute(of_departments)},
        {row.id: row.name for row in await session.execute(of_teams)},
    )


async def headed_by(session: AsyncSession, user_id: UUID) -> Sequence[UUID]:
    """Answer the departments a user heads."""
    query = select(Department.id).where(
        Department.head_id == user_id, Department.deleted_at.is_(None)
    )
    return (await session.scalars(query)).all()
