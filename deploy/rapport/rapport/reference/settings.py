"""Every setting of every service, for people and as a file to copy (.env.example)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from chassis.settings import ChassisSettings
from rapport.reference.rendering import FOLDER, NOTE, Files, page, table
from rapport.services import SERVICES

COMPOSE: Final = "docker-compose.yml"
COMMON: Final = "every service"
INTRODUCTION: Final = """\
Processes read these from the environment; `docker compose` and you may keep them in a file `.env`
(see `.env.example`). Lists are written as JSON. Without a default a setting is absent."""


@dataclass(frozen=True)
class Setting:
    """One setting as people know it."""

    name: str
    kind: str
    default: str
    description: str


def settings_files(root: Path) -> Files:
    """Answer the page of settings and the example of an environment file."""
    groups = dict(setting_groups())
    heads = ("Setting", "Type", "Default", "Meaning")
    parts = [INTRODUCTION]
    for owner, settings in groups.items():
        rows = [(f"`{s.name}`", s.kind, _code(s.default), s.description) for s in settings]
        parts += [f"## {owner.capitalize()}", table(heads, rows)]
    return {
        f"{FOLDER}/settings.md": page("Settings", *parts),
        ".env.example": _example(groups, (root / COMPOSE).read_text("utf-8")),
    }


def setting_groups() -> Iterator[tuple[str, list[Setting]]]:
    """Answer the settings all services share, then those of one service alone."""
    yield COMMON, [setting(name, f) for name, f in ChassisSettings.model_fields.items()]
    for service in SERVICES.values():
        fields = service.settings.model_fields
        own = [setting(n, f) for n, f in fields.items() if n not in ChassisSettings.model_fields]
        if own:
            yield service.name, own


def setting(name: str, field: FieldInfo) -> Setting:
    """Describe one field of a settings class."""
    return Setting(
        name=f"{ChassisSettings.model_config['env_prefix']}{name}".upper(),
        kind=_kind(field.annotation),
        default=_written(field.default),
        description=field.description or "",
    )


def _kind(annotation: Any) -> str:
    options = [option for option in get_args(annotation) if option is not type(None)]
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{option}`" for option in options)
    if get_origin(annotation) is tuple:
        return f"list of {_kind(options[0])}s"
    if options:
        return _kind(options[0])
    known = {int: "whole number", float: "number", bool: "true or false", Path: "path"}
    return "secret" if annotation is SecretStr else known.get(annotation, "text")


def _written(value: Any) -> str:
    """Write a default as it would stand in the environment."""
    plain = to_jsonable_python(value)
    if plain is None:
        return ""
    return plain if isinstance(plain, str) else json.dumps(plain)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _example(groups: dict[str, list[Setting]], compose: str) -> str:
    """Write an environment file: what compose demands, then every setting with its default."""
    lines = [f"# {NOTE}", "# Copy it to .env and fill in or uncomment what differs.", ""]
    lines.append(f"# What {COMPOSE} cannot do without.")
    demanded = dict(re.findall(r"\$\{(\w+):\?([^}]*)\}", compose))
    for name, meaning in sorted(demanded.items()):
        lines += [f"# {name}: {meaning}.", f"{name}="]
    for owner, settings in groups.items():
        lines += ["", f"# --- {owner} ---"]
        for each in settings:
            lines += [f"# {each.description}", f"#{each.name}={each.default}"]
    return "\n".join(lines) + "\n"
