"""A late-comer's files. That the stack follows is tested in `test_rehearsal`."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from lambdastream.control.project import Project
from lambdastream.errors import UsageError
from lambdastream.workshop.attendees import Settings
from lambdastream.workshop.attendees.catch_up import CatchUp

MAIN = "app/chat/main.py"


def step(path: str, text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(f"%%writefile {path}\n{text}", metadata={"tags": ["step"]})


@pytest.fixture
def catch_up(tmp_path: Path) -> CatchUp:
    """In a course of three notebooks that has nothing to deploy, so that no account is needed."""
    (tmp_path / "notebooks").mkdir()
    for number, text in (("01", "1"), ("02", "2"), ("03", "3")):
        cells = [step(MAIN, text)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks" / f"{number}-x.ipynb")
    return CatchUp(Project(tmp_path), None, "room", Settings(), datetime(2026, 11, 22, 18, tzinfo=UTC))  # type: ignore[arg-type]


def quiet(words: str) -> None:
    raise AssertionError(words)


@pytest.mark.parametrize(("notebook", "content"), [("02", "1\n"), ("03", "2\n")])
def test_what_the_notebooks_before_build_is_in_their_workspace(catch_up, tmp_path, notebook, content):
    found = catch_up.bring("ada", notebook, say=quiet)
    assert found.folder == tmp_path / "workspace" / f"{notebook}-ada"
    assert (found.folder / MAIN).read_text() == content
    assert (found.files, found.set_aside, found.stack) == ((MAIN,), (), "")
    assert "There is nothing to deploy yet" in str(found)


def test_before_the_first_notebook_nothing_is_built(catch_up):
    assert "Nothing is built before it" in str(catch_up.bring("ada", "01", say=quiet))


def test_what_they_changed_is_set_aside_and_never_lost(catch_up, tmp_path):
    folder = catch_up.bring("ada", "03", say=quiet).folder
    (folder / MAIN).write_text("mine")
    (folder / "notes.txt").write_text("kept")
    found = catch_up.bring("ada", "03", say=quiet)
    assert (folder / MAIN).read_text() == "2\n"
    assert (folder / "notes.txt").read_text() == "kept"
    (aside,) = found.set_aside
    assert aside.read_text() == "mine"
    assert aside.is_relative_to(tmp_path / "workspace" / "set-aside")
    assert str(aside) in str(found)
    assert found.to_json()["set_aside"] == [str(aside)]


def test_attendees_do_not_get_in_each_other_s_way(catch_up):
    ada, bob = (catch_up.bring(name, "02", say=quiet).folder for name in ("ada", "bob"))
    (ada / MAIN).write_text("mine")
    catch_up.bring("bob", "02", say=quiet)
    assert (ada / MAIN).read_text() == "mine"
    assert (bob / MAIN).read_text() == "1\n"


def test_what_they_deploy_there_goes_to_their_stack_with_its_tags(catch_up):
    folder = catch_up.bring("ada", "02", say=quiet).folder
    config = tomllib.loads((folder / "samconfig.toml").read_text())["default"]
    assert config["global"]["parameters"]["stack_name"] == "room-ada"
    assert "OpenConcurrency=5" in config["global"]["parameters"]["parameter_overrides"]
    assert config["deploy"]["parameters"]["tags"].split() == [
        "lambdastream:workshop=room",
        "lambdastream:attendee=ada",
        "lambdastream:expires=2026-11-22T18:00Z",
    ]
    assert config["deploy"]["parameters"]["s3_prefix"] == "lambdastream-workshops/room/room-ada"


@pytest.mark.parametrize("notebook", ["99", "1", "xx", "../02"])
def test_a_notebook_that_is_not_there_is_refused_before_anything_is_written(catch_up, tmp_path, notebook):
    with pytest.raises(UsageError, match="There are: 01, 02, 03"):
        catch_up.bring("ada", notebook, say=quiet)
    assert not (tmp_path / "workspace").exists()
