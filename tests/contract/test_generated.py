"""The generated files are what the code says (EVT-010, GAT-011); the verb tells and repairs."""

from pathlib import Path

import pytest

from rapport.checks import ROOT
from rapport.reference import generate
from rapport.reference.rendering import FOLDER, Files, table

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


def test_a_table_survives_pipes_and_line_breaks() -> None:
    assert table(("A",), [("x|y\nz",)]) == "| A |\n| --- |\n| x\\|y z |"
