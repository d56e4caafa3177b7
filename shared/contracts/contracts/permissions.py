"""Rights, scopes and the roles the suite is shipped with (GAT-041 to GAT-048).

A right is named `service.entity.right`, as in `intake.lead.convert`. A role grants rights, each
with a scope. What a user may do is the widest scope of each right over all roles of the user.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, total_ordering
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict

Right = str
"""The name of a right: service, entity and what may be done, joined by dots."""


@total_ordering
class Scope(Enum):
    """How far a right reaches; a wider scope includes, and is greater than, the narrower ones."""

    OWN = "own"
    TEAM = "team"
    DEPARTMENT = "department"
    ALL = "all"

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Scope):
            return NotImplemented
        return _NARROW_TO_WIDE.index(self) < _NARROW_TO_WIDE.index(other)


_NARROW_TO_WIDE = tuple(Scope)

Grants = Mapping[Right, Scope]


@dataclass(frozen=True)
class Role:
    """A set of granted rights.

    An `implicit` role belongs to everybody. A role with `attribute_of`, as in `team.leader_id`,
    belongs to whom that field names.
    """

    code: str
    title: str
    grants: Grants
    implicit: bool = False
    attribute_of: str | None = None


@cache
def rights() -> frozenset[Right]:
    """Answer every right there is."""
    return _matrix().rights()


def limit(right: Right) -> Scope:
    """Answer the widest scope anybody may have for a right."""
    matrix = _matrix()
    entity = right.rpartition(".")[0]
    if entity in matrix.own_only and right not in matrix.own_only_except:
        return Scope.OWN
    return Scope.ALL


@cache
def shipped_roles() -> Mapping[str, Role]:
    """Answer the roles of a new suite by code."""
    return MappingProxyType(
        {
            code: Role(
                code=code,
                title=role.title,
                grants=_everything() if role.everything else _matrix().grants(code),
                implicit=role.implicit,
                attribute_of=role.attribute_of,
            )
            for code, role in _matrix().roles.items()
        }
    )


def bundles() -> Mapping[str, tuple[Right, ...]]:
    """Answer the rights of each bundle, by the bundle's code."""
    return MappingProxyType(_matrix().bundles)


def sections() -> Mapping[str, tuple[str, ...]]:
    """Answer the codes of the bundles in each section, in the order they are shown."""
    return MappingProxyType(_matrix().sections)


def widest(*grants: Grants) -> Grants:
    """Unite the grants of several roles: of each right the widest scope counts (GAT-042)."""
    united: dict[Right, Scope] = {}
    for granted in grants:
        for right, scope in granted.items():
            united[right] = max(scope, united.get(right, scope))
    return MappingProxyType(united)


def of_service(grants: Grants, service: str) -> Grants:
    """Keep the rights of one service, for a token that only this service will read."""
    prefix = f"{service}."
    return MappingProxyType({r: scope for r, scope in grants.items() if r.startswith(prefix)})


def _everything() -> Grants:
    return MappingProxyType({right: limit(right) for right in sorted(rights())})


class _Role(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    implicit: bool = False
    attribute_of: str | None = None
    everything: bool = False


class _Entity(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    rights: tuple[str, ...]
    grants: dict[str, dict[Scope, tuple[str, ...]]] = {}


class _Matrix(BaseModel):
    """The file `permissions.toml` as it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scopes: tuple[Scope, ...]
    own_only: frozenset[str]
    own_only_except: frozenset[Right]
    roles: dict[str, _Role]
    bundles: dict[str, tuple[Right, ...]]
    sections: dict[str, tuple[str, ...]]
    entities: dict[str, _Entity]

    def rights(self) -> frozenset[Right]:
        return frozenset(
            f"{name}.{right}" for name, entity in self.entities.items() for right in entity.rights
        )

    def grants(self, role: str) -> Grants:
        return MappingProxyType(
            {
                f"{name}.{right}": scope
                for name, entity in self.entities.items()
                for scope, granted in entity.grants.get(role, {}).items()
                for right in granted
            }
        )


@cache
def _matrix() -> _Matrix:
    text = files("contracts").joinpath("permissions.toml").read_text("utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    return _Matrix.model_validate(data)
