"""Roles, and what each grants (GAT-041)."""

from fastapi import APIRouter

from chassis.auth import Scope
from chassis.http.schemas import Output
from chassis.http.unit import Route
from contracts.permissions import shipped_roles
from gateway.api.callers import RoleReader
from gateway.queries.rights import grantable_roles
from kernel.pages import Page

router = APIRouter(prefix="/roles", tags=["roles"], route_class=Route)


class RoleOut(Output):
    """A role; one that is not grantable belongs to everybody, to heads or to leaders."""

    code: str
    title: str
    grantable: bool
    grants: dict[str, Scope]


@router.get("")
async def list_roles(_: RoleReader) -> Page[RoleOut]:
    """Answer all roles with their rights and scopes, on one page."""
    return Page(
        items=[
            RoleOut(
                code=role.code,
                title=role.title,
                grantable=role.code in grantable_roles(),
                grants={right: scope.value for right, scope in role.grants.items()},
            )
            for role in shipped_roles().values()
        ],
        next_cursor=None,
    )
