"""A project: which one a folder belongs to, its lock, and its record of what runs."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lambdastream.control.project import MARKS, Project, Running, find_project
from lambdastream.errors import LocalAwsError, NotRunningError

RUNNING = Running("http://127.0.0.1:4566", 4242, "a token")
RECORD = "running.json"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@contextmanager
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("mark", MARKS)
def test_a_folder_belongs_to_the_nearest_root_above_it(tmp_path: Path, mark: str) -> None:
    inner = tmp_path / "outer" / "inner"
    deep = inner / "src" / "deep"
    deep.mkdir(parents=True)
    (tmp_path / "outer" / "pyproject.toml").touch()
    (inner / mark).touch()
    assert find_project(deep) == find_project(inner) == Project(inner)
    assert find_project(inner.parent) == Project(inner.parent)


@pytest.mark.parametrize(
    ("marks", "root"),
    [
        pytest.param(["repo/.git/", "repo/.lambdastream/", "repo/a/template.yaml"], "repo", id="its local AWS wins"),
        pytest.param(["repo/.git", "repo/.lambdastream/", "repo/a/template.yaml"], "repo", id="a worktree's .git file"),
        pytest.param(["repo/.git/", "repo/.lambdastream/", "repo/a/.lambdastream/"], "repo/a", id="the nearest of two"),
        pytest.param(["repo/.git/", "repo/a/template.yaml"], "repo/a", id="no local AWS yet: the nearest mark"),
        pytest.param(["repo/.git/"], "repo", id="nothing but git"),
        pytest.param([".lambdastream/", "repo/.git/", "repo/a/template.yaml"], "repo/a", id="not beyond .git"),
        pytest.param([".lambdastream/", "repo/.git/"], "repo", id="not beyond .git, without a template"),
        pytest.param(["repo/.lambdastream/", "repo/a/template.yaml"], "repo/a", id="without git: the nearest mark"),
        pytest.param([".git/", "repo/.git/", ".lambdastream/", "repo/a/.lambdastream"], "repo/a", id="git in git"),
    ],
)
def test_folders_of_a_repository_share_its_local_aws(tmp_path: Path, marks: list[str], root: str) -> None:
    deep = tmp_path / "repo" / "a" / "deep"
    deep.mkdir(parents=True)
    for mark in marks:
        (tmp_path / mark).mkdir() if mark.endswith("/") else (tmp_path / mark).touch()
    assert find_project(deep) == Project(tmp_path / root)


def test_a_folder_that_belongs_to_no_project_is_one_itself(tmp_path: Path) -> None:
    assert find_project(tmp_path) == Project(tmp_path)


def test_the_current_folder_is_asked_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "template.yaml").touch()
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "src")
    assert find_project() == Project(tmp_path)


def test_while_it_is_locked_the_record_says_what_runs(project: Project) -> None:
    with project.lock():
        project.record(RUNNING)
        assert project.is_locked()
        assert project.running() == RUNNING
    assert not project.is_locked()
    with pytest.raises(NotRunningError, match="lambdastream up --detach"):
        project.running()


def test_one_local_aws_at_a_time(project: Project) -> None:
    with project.lock():
        project.record(RUNNING)
        with pytest.raises(LocalAwsError, match="runs already") as raised, project.lock():
            pass
        assert "lambdastream down" in raised.value.next_step
        assert project.running() == RUNNING
    with project.lock():
        pass


def test_the_record_of_a_dead_one_never_passes_for_the_next(project: Project) -> None:
    project.make_state()
    project.record(RUNNING)
    with pytest.raises(NotRunningError):
        project.running()
    with project.lock(), pytest.raises(NotRunningError):
        project.running()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"endpoint": "http://127.0.0.1:4566"}'])
def test_a_damaged_record_is_none(project: Project, text: str) -> None:
    with project.lock():
        (project.state / RECORD).write_text(text, encoding="utf-8")
        with pytest.raises(NotRunningError):
            project.running()


def test_the_record_is_for_its_owner_alone(project: Project) -> None:
    with open_umask(), project.lock():
        project.record(RUNNING)
        assert stat.S_IMODE((project.state / RECORD).stat().st_mode) == 0o600


def test_git_leaves_the_state_out(project: Project) -> None:
    assert (project.make_state() / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_folder_that_cannot_be_written_is_named(project: Project) -> None:
    project.state.touch()
    with pytest.raises(LocalAwsError, match=f"{project.state} cannot be written") as raised, project.lock():
        pass
    assert raised.value.next_step
