"""The matrix of roles and rights a new suite is shipped with."""

from itertools import groupby
from typing import Final

from contracts.permissions import Right, Role, limit, rights, shipped_roles
from rapport.reference.rendering import FOLDER, Files, page, table

INTRODUCTION: Final = """\
A right reaches records of one's own, of the team, of the department, or all; each includes the
narrower ones. What a user may do is the widest reach of each right over all of the user's roles.
Administrators change what roles grant; this is where a new suite begins. *Widest* is the furthest
anybody can be given."""


def permission_files() -> Files:
    """Answer the page of roles and rights."""
    roles = tuple(shipped_roles().values())
    parts = [INTRODUCTION, "## Roles", _roles(roles)]
    for service, named in groupby(sorted(rights()), lambda right: right.partition(".")[0]):
        heads = ("Right", *(role.title for role in roles), "Widest")
        parts += [f"## {service}", table(heads, [_row(right, roles) for right in named])]
    return {f"{FOLDER}/permissions.md": page("Permissions", *parts)}


def _roles(roles: tuple[Role, ...]) -> str:
    return table(
        ("Role", "Code", "Who has it", "Rights"),
        [(role.title, f"`{role.code}`", _holders(role), str(len(role.grants))) for role in roles],
    )


def _holders(role: Role) -> str:
    if role.implicit:
        return "everybody"
    if role.attribute_of:
        return f"whom `{role.attribute_of}` names"
    return "whom it is given to"


def _row(right: Right, roles: tuple[Role, ...]) -> tuple[str, ...]:
    granted = (role.grants.get(right) for role in roles)
    return (f"`{right}`", *(scope.value if scope else "" for scope in granted), limit(right).value)
