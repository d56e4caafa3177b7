"""The references of HTTP APIs, settings, problems and permissions."""

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from chassis.settings import ChassisSettings
from contracts.permissions import rights
from kernel.errors import Problem
from rapport.reference.problems import PACKAGES, Use, kinds_of_problem, uses_in
from rapport.reference.rendering import FOLDER, Files
from rapport.reference.settings import setting_groups
from rapport.reference.suite import Suite
from rapport.services import GATEWAY, SERVICES

METHODS = {"get", "put", "post", "delete", "patch"}
PAGES = {("get", "/v1/public/forms/{token}")}
"""What people open in a browser, and no program calls."""


def described(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Name the calls of an OpenAPI document by method and path."""
    return {
        (method, path)
        for path, item in document["paths"].items()
        for method in item
        if method in METHODS
    }


def existing(app: FastAPI) -> set[tuple[str, str]]:
    """Name the calls that an app answers under /v1."""
    calls = {
        (method.lower(), str(route.path))
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
    }
    return {call for call in calls - PAGES if call[0] in METHODS and call[1].startswith("/v1/")}


@pytest.mark.parametrize("service", SERVICES)
def test_every_call_is_described_and_every_described_call_exists(
    service: str, generated: Files, suite: Suite
) -> None:
    """GAT-011."""
    document = json.loads(generated[f"{FOLDER}/openapi/{service}.json"])
    assert document["openapi"].startswith("3.1")
    assert described(document) == existing(suite.apps[service])


def test_the_merged_document_has_every_call_once(generated: Files, suite: Suite) -> None:
    """GAT-011."""
    document = json.loads(generated[f"{FOLDER}/openapi/rapport.json"])
    assert described(document) == {
        (method, path.replace("/v1/", f"/api/v1/{service}/", 1))
        for service, app in suite.apps.items()
        for method, path in existing(app)
    }
    operations = [document["paths"][path][method] for method, path in described(document)]
    names = Counter(operation["operationId"] for operation in operations)
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_is_explained(service: str) -> None:
    for name, field in SERVICES[service].settings.model_fields.items():
        assert re.fullmatch(r"[A-Z].{10,}\.", field.description or ""), name


def test_two_services_mean_the_same_by_a_setting_of_the_same_name() -> None:
    names = Counter(setting.name for _, settings in setting_groups() for setting in settings)
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_example_of_an_environment_changes_nothing(
    service: str, generated: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in os.environ:
        if name.startswith("RAPPORT_"):
            monkeypatch.delenv(name)
    lines = generated[".env.example"].splitlines()
    given = [line[1:] for line in lines if re.fullmatch(r"#RAPPORT_\w+=.+", line)]
    (tmp_path / ".env").write_text("\n".join(given))
    cls: Any = SERVICES[service].settings
    example: ChassisSettings = cls(_env_file=tmp_path / ".env")
    assert example == cls()
    assert example.model_fields_set, "the example was not read"


@pytest.fixture(scope="module")
def uses(suite: Suite) -> list[Use]:
    """Answer every use of a code; the suite is read first, so that its problems are known."""
    assert GATEWAY in suite.apps
    return [use for package in PACKAGES for use in uses_in(package)]


def test_a_code_belongs_to_one_status(uses: list[Use]) -> None:
    """Clients branch on codes: one never means two things."""
    statuses: dict[str, set[int]] = {}
    for use in uses:
        if not use.of_field:
            statuses.setdefault(use.code, set()).add(use.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_a_code_is_written_out_as_words_joined_by_underscores(uses: list[Use]) -> None:
    """A code that is put together at run time could not be looked up."""
    wrong = [use for use in uses if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", use.code)]
    assert wrong == []


def test_a_code_tells_what_is_wrong_with_what(uses: list[Use]) -> None:
    wrong = [use for use in uses if use.code in ("required", "unknown", "empty", "taken", "used")]
    assert wrong == []


def test_every_kind_of_problem_and_every_code_is_listed(generated: Files, uses: list[Use]) -> None:
    page = generated[f"{FOLDER}/problems.md"]
    kinds = {kind.default_code for kind in kinds_of_problem()}
    assert Problem.default_code in kinds
    assert len(uses) > len(kinds)
    for code in kinds | {use.code for use in uses}:
        assert f"| `{code}` |" in page


def test_every_right_is_in_the_matrix(generated: Files) -> None:
    page = generated[f"{FOLDER}/permissions.md"]
    rows = re.findall(r"^\| `([a-z_.]+\.[a-z_.]+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(rights())
