"""Who calls and what this caller may see and do; the endpoint asks `may`, the query `visible`.

    DealsReader = Annotated[Caller, Depends(may("deals.deal.view"))]

A right is granted with a scope, own < team < department < all, each including the narrower ones
(GAT-034, GAT-039, GAT-045). What a caller may not see answers like what does not exist.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import ColumnElement, SQLColumnExpression, Uuid, any_, false, literal, or_, true
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.origin import Way
from chassis.tokens import LEEWAY_SECONDS, REFUSED, Verifier, unpacked
from contracts.event import ActorKind
from kernel import clock
from kernel.errors import Forbidden, Unauthenticated

Scope = Literal["own", "team", "department", "all"]


@dataclass(frozen=True)
class Caller:
    """The user, key or service behind a request, as the internal token describes it.

    `mates` are the members of the caller's teams; `rights` maps a right to its scope.
    """

    actor: str
    actor_kind: ActorKind
    way: Way
    rights: dict[str, Scope] = field(hash=False)
    departments: frozenset[UUID] = frozenset()
    teams: frozenset[UUID] = frozenset()
    mates: frozenset[UUID] = frozenset()

    @property
    def user_id(self) -> UUID:
        """Answer the acting user.

        Raises:
            Forbidden: a service calls, which owns nothing.
        """
        if self.actor_kind not in ("user", "key"):
            raise Forbidden("Only a user can do this.")
        return UUID(self.actor)

    @property
    def is_service(self) -> bool:
        """Answer whether another service calls (internal paths)."""
        return self.actor_kind == "system"

    def covers(
        self,
        right: str,
        *,
        owner_id: UUID | None,
        co_owner_id: UUID | None = None,
        team_id: UUID | None = None,
        department_id: UUID | None = None,
    ) -> bool:
        """Answer whether `right` reaches a record with these owners."""
        scope = self.rights.get(right)
        if scope in (None, "all"):
            return scope == "all"
        me = self.user_id
        if me in (owner_id, co_owner_id):
            return True
        if scope == "own":
            return False
        if team_id in self.teams or owner_id in self.mates:
            return True
        return scope == "department" and department_id in self.departments

    def require_everywhere(self, right: str) -> None:
        """Refuse to look at or touch deleted records unless `right` reaches all (GAT-014).

        Raises:
            Forbidden: the right is missing or its scope narrower.
        """
        if self.rights.get(right) != "all":
            raise Forbidden(f"This needs the right {right} for all records.", right=right)

    def require(self, right: str, record: Any) -> None:
        """Refuse to use `right` on a visible record it does not reach.

        Raises:
            Forbidden: the right is missing or its scope too narrow.
        """
        owners = {
            name: getattr(record, name, None)
            for name in ("owner_id", "co_owner_id", "team_id", "department_id")
        }
        if not self.covers(right, **owners):
            raise Forbidden(f"This needs the right {right} for the record.", right=right)


@dataclass(frozen=True)
class Ownership:
    """The columns of a table that scopes look at."""

    owner: SQLColumnExpression[UUID | None]
    co_owner: SQLColumnExpression[UUID | None] | None = None
    team: SQLColumnExpression[UUID | None] | None = None
    department: SQLColumnExpression[UUID | None] | None = None


def visible(caller: Caller, right: str, columns: Ownership) -> ColumnElement[bool]:
    """Answer the SQL condition for the rows that `right` reaches."""
    scope = caller.rights.get(right)
    if scope is None:
        return false()
    if scope == "all":
        return true()
    me = caller.user_id
    conditions: list[ColumnElement[bool]] = [columns.owner == me]
    if columns.co_owner is not None:
        conditions.append(columns.co_owner == me)
    if scope in ("team", "department"):
        if columns.team is not None and caller.teams:
            conditions.append(columns.team.in_(caller.teams))
        if caller.mates:
            # one parameter, however many they are: a statement takes 32,767
            conditions.append(columns.owner == any_(literal(list(caller.mates), ARRAY(Uuid))))
    if scope == "department" and columns.department is not None and caller.departments:
        conditions.append(columns.department.in_(caller.departments))
    return or_(*conditions)


def caller_from(claims: dict[str, Any]) -> Caller:
    """Read a caller from the claims of an internal token."""
    service = claims["aud"]
    return Caller(
        actor=claims["sub"],
        actor_kind=claims.get("kind", "user"),
        way=claims.get("way", "api"),
        rights={f"{service}.{right}": scope for right, scope in claims.get("rights", {}).items()},
        departments=frozenset(map(UUID, claims.get("departments", ()))),
        teams=frozenset(map(UUID, claims.get("teams", ()))),
        mates=unpacked(claims.get("packed_mates", "")),
    )


@lru_cache(maxsize=1024)
def _known(verifier: Verifier, audience: str, token: str) -> tuple[Caller, int]:
    """Check a token's signature once; its life time is looked at on every call."""
    claims = verifier.claims(token, audience=audience)
    return caller_from(claims), claims["exp"]


async def optional_caller(request: Request) -> Caller | None:
    """Answer the caller, or none on a call without Authorization (public paths).

    Raises:
        Unauthenticated: there is a token, and it is not good.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated(REFUSED)
    app = request.app.state
    caller, expires = _known(app.verifier, app.service, token)
    _refuse_expired(expires)
    return caller


def _refuse_expired(expires: int) -> None:
    if clock.now().timestamp() >= expires + LEEWAY_SECONDS:
        raise Unauthenticated(REFUSED)


async def authenticated(
    caller: Annotated[Caller | None, Depends(optional_caller)],
) -> Caller:
    """Answer the caller; without one the call is refused."""
    if caller is None:
        raise Unauthenticated(REFUSED)
    return caller


Authenticated = Annotated[Caller, Depends(authenticated)]


def may(right: str) -> Callable[[Caller], Coroutine[Any, Any, Caller]]:
    """Make the dependency that lets only callers with `right` in, whatever its scope."""

    async def allowed(caller: Authenticated) -> Caller:
        if right not in caller.rights:
            raise Forbidden(f"This needs the right {right}.", right=right)
        return caller

    return allowed


async def only_services(caller: Authenticated) -> Caller:
    """Let only other services of the suite in (internal paths)."""
    if not caller.is_service:
        raise Unauthenticated(REFUSED)
    return caller
