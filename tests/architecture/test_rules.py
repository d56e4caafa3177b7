"""House rules that no linter knows; each rule is shown to catch an example first."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import DateTime, Float, MetaData
from sqlalchemy.orm import DeclarativeBase

from chassis.tables import metadata as chassis_metadata
from rapport.services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
MAX_LINES = 400
SOURCES = sorted(
    path
    for folder in ("shared", "services", "deploy", "tests")
    for path in (ROOT / folder).rglob("*.py")
    if ".venv" not in path.parts
)
PRODUCT = [path for path in SOURCES if "tests" not in path.parts]


def calls_to(tree: ast.AST, name: str) -> list[int]:
    """Answer the lines on which a method called `name` is called."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
    ]


def test_the_rule_about_commits_sees_a_commit() -> None:
    assert calls_to(ast.parse("await session.commit()"), "commit") == [1]


def test_only_the_chassis_commits() -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in PRODUCT
        if "services" in path.relative_to(ROOT).parts[:1]
        for line in calls_to(ast.parse(path.read_text()), "commit")
    ]
    assert offenders == []


def test_files_stay_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if "versions" not in path.parts  # a migration is one table after another
        if (lines := path.read_text().count("\n")) > MAX_LINES
    }
    assert long == {}


@pytest.mark.parametrize("drawer", ["utils", "helpers", "common", "misc", "core"])
def test_there_are_no_drawers_for_odds_and_ends(drawer: str) -> None:
    assert [path for path in PRODUCT if path.stem == drawer] == []


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    """Import every module of a package, migrations apart."""
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in found.name:
            yield importlib.import_module(found.name)


def all_metadata() -> dict[str, MetaData]:
    """Answer the metadata of the chassis and of every service."""
    found = {"chassis": chassis_metadata}
    for name in SERVICES:
        for module in modules_of(importlib.import_module(f"{name}.models")):
            for _, cls in inspect.getmembers(module, inspect.isclass):
                if issubclass(cls, DeclarativeBase) and cls.__module__.startswith(f"{name}."):
                    found[name] = cls.metadata
    return found


def test_instants_have_a_zone_and_no_column_is_a_float() -> None:
    metadata = all_metadata()
    assert set(metadata) == {"chassis", *SERVICES}
    offenders = [
        f"{service}.{column}"
        for service, tables in metadata.items()
        for table in tables.tables.values()
        for column in table.columns
        if isinstance(column.type, Float)
        or (isinstance(column.type, DateTime) and not column.type.timezone)
    ]
    assert offenders == []


def test_the_product_does_not_speak_of_where_it_was_made() -> None:
    words = ("../" + "shared", "/work/", "this session", "the issue")
    offenders = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in (*PRODUCT, *ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md"))
        for word in words
        if word in path.read_text()
    ]
    assert offenders == []
