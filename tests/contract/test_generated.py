"""The generated files are what the code says (EVT-010, GAT-011); the verb tells and repairs."""

from copy import deepcopy
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest

from rapport.checks import ROOT
from rapport.reference import generate
from rapport.reference.promises import breaks
from rapport.reference.rendering import FOLDER, Files, as_json, table

WANTED = {f"{FOLDER}/a.md": "A\n", f"{FOLDER}/deep/b.json": "{}\n", ".env.example": "# é\n"}


def test_the_references_agree_with_the_code(generated: Files) -> None:
    assert generate.differences(ROOT, generated) == [], "run `./rapport generate`"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Answer a project with a wrong file, one that nothing generates, and one written by hand."""
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    (folder / "a.md").write_text("old\n")
    (folder / "gone.md").write_text("nothing generates this\n")
    (tmp_path / "README.md").write_text("written by hand\n")
    return tmp_path


def test_the_check_names_what_differs_and_changes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(project.rglob("*"))
    assert generate.settle(project, WANTED, check=True) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"differs {path}" for path in sorted([*WANTED, f"{FOLDER}/gone.md"])
    ]
    assert sorted(project.rglob("*")) == before
    assert (project / FOLDER / "a.md").read_text() == "old\n"


def test_generating_writes_what_differs_and_removes_what_nothing_generates(project: Path) -> None:
    assert generate.settle(project, WANTED, check=False) == 0
    assert generate.differences(project, WANTED) == []
    assert generate.settle(project, WANTED, check=True) == 0
    assert (project / ".env.example").read_text("utf-8") == "# é\n"
    assert not (project / FOLDER / "gone.md").exists()
    assert (project / "README.md").exists()


PROMISED: dict[str, Any] = {
    "$defs": {"Money": {"properties": {"amount": {"type": "string"}}, "required": ["amount"]}},
    "properties": {
        "paid": {"$ref": "#/$defs/Money"},
        "kind": {"enum": ["a", "b"]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Money"}},
    },
    "required": ["paid", "kind"],
    "type": "object",
}
"""The data of an event as its readers know it."""


def changed(at: str, value: Any = None) -> dict[str, Any]:
    """Answer what was promised, with another value at a place; without value it is left out."""
    schema = deepcopy(PROMISED)
    *path, last = at.split("/")
    inner = reduce(getitem, path, schema)
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return schema


@pytest.mark.parametrize(
    ("schema", "broken"),
    [
        (changed("properties/note"), "/note is gone"),
        (changed("$defs/Money/properties/amount"), "/paid/amount is gone"),
        (
            changed("$defs/Money/properties/amount/type", "number"),
            "/lines/items/amount has another type",
        ),
        (changed("required", ["paid"]), "/kind may be missing"),
        (changed("required", ["paid", "kind", "note"]), "/note is needed"),
        (changed("properties/kind/enum", ["a", "b", "c"]), "/kind has another enum"),
        (changed("properties/note/anyOf", [{"type": "string"}]), "/note has other choices"),
        (changed("properties/lines/items"), "/lines has another items"),
    ],
)
def test_a_broken_promise_is_named_and_nothing_written(
    project: Path, capsys: pytest.CaptureFixture[str], schema: dict[str, Any], broken: str
) -> None:  # EVT-006
    path = f"{FOLDER}/schemas/crm.deals.deal.won.v1.json"
    (project / path).parent.mkdir()
    (project / path).write_text(as_json(PROMISED))
    for check in (True, False):
        assert generate.settle(project, {path: as_json(schema)}, check=check) == 1
        assert f"crm.deals.deal.won.v1: {broken}" in capsys.readouterr().err
    assert (project / path).read_text() == as_json(PROMISED)
    (project / path).unlink()  # nobody has heard it yet
    assert generate.settle(project, {path: as_json(schema)}, check=False) == 0


def test_a_field_that_may_be_missing_breaks_no_promise() -> None:  # EVT-006
    more = changed("$defs/Money/properties/currency", {"type": "string"})
    more["properties"]["reason"] = {"type": "string", "description": "Why."}
    more["description"] = "Said otherwise."
    assert list(breaks(PROMISED, more)) == []


def test_a_table_survives_pipes_and_line_breaks() -> None:
    assert table(("A",), [("x|y\nz",)]) == "| A |\n| --- |\n| x\\|y z |"
