"""A notebook's workspace, opened."""

import os
from pathlib import Path

import nbformat
import pytest

from lambdastream.errors import UsageError
from lambdastream.workshop import samconfig, target
from lambdastream.workshop.workspace import STACK_SUFFIX, open_workspace

MAIN = "app/chat/main.py"


def step(path: str, text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(f"%%writefile {path}\n{text}", metadata={"tags": ["step"]})


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of two notebooks. Its readers use AWS, so that no local AWS starts; see `test_target` for that one."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ[target.AWS_PROFILE] = "mine"
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "notebooks").mkdir()
    run_sh = nbformat.v4.new_code_cell("!chmod +x run.sh", metadata={"tags": ["step"]})
    for number, cells in {"01": [step(MAIN, "1")], "02": [step(MAIN, "2"), step("run.sh", "#!"), run_sh]}.items():
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks" / f"{number}-x.ipynb")
    monkeypatch.chdir(tmp_path / "notebooks")
    return tmp_path


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_it_brings_what_is_built_so_far_and_becomes_the_current_folder(course, capsys):
    workspace = open_workspace("02")
    assert Path.cwd() == workspace.folder == course / "workspace" / "02"
    assert set(files(workspace.folder)) == {MAIN, samconfig.NAME}
    assert (workspace.folder / MAIN).read_text() == "1\n"
    said = capsys.readouterr().out
    assert "You work in workspace/02. Your stack is lesson-02." in said
    assert f"Built so far: {MAIN}" in said


def test_programs_stay_programs(course):
    folder = open_workspace("03").folder
    assert os.access(folder / "run.sh", os.X_OK)
    assert not os.access(folder / MAIN, os.X_OK)


def test_opened_again_it_begins_again(course):
    folder = open_workspace("02").folder
    before = files(folder)
    (folder / MAIN).write_text("2\n")
    (folder / "run.sh").write_text("#!\n")
    open_workspace("02")
    assert files(folder) == before
    assert not (course / "workspace" / "set-aside").exists()


def test_what_the_reader_changed_is_set_aside(course, capsys):
    folder = open_workspace("02").folder
    (folder / MAIN).write_text("mine")
    (folder / "run.sh").write_text("mine, too")
    (folder / "notes.txt").write_text("kept")
    open_workspace("02")
    assert (folder / MAIN).read_text() == "1\n"
    assert not (folder / "run.sh").exists()
    assert (folder / "notes.txt").read_text() == "kept"
    (aside,) = (course / "workspace" / "set-aside").iterdir()
    assert files(aside) == {MAIN: "mine", "run.sh": "mine, too"}
    assert f"workspace/set-aside/{aside.name}/{MAIN}" in capsys.readouterr().out


@pytest.mark.parametrize(("suffix", "stack"), [("", "lesson-01"), ("ada", "lesson-01-ada")])
def test_readers_who_share_an_account_have_stacks_of_their_own(course, suffix, stack):
    os.environ[STACK_SUFFIX] = suffix
    workspace = open_workspace("01")
    assert workspace.stack == stack
    assert f'stack_name = "{stack}"' in (workspace.folder / samconfig.NAME).read_text()


def test_outside_the_project_it_says_where_to_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="folder notebooks"):
        open_workspace("01")
