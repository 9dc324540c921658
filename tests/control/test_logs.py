"""Functions' logs, as they are read."""

from pathlib import Path

import httpx
import pytest

from lambdastream.control import connect
from lambdastream.control.logs import log_text
from lambdastream.control.project import Project
from lambdastream.errors import FunctionNotFoundError


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a log, for which nothing runs."""
    made = Project(tmp_path)
    made.logs.mkdir(parents=True)
    (made.logs / "chat.log").write_text("one\ntwo\n", encoding="utf-8")
    return made


def test_a_log_outlives_its_local_aws(project: Project) -> None:
    assert "".join(log_text(project, "chat")) == "one\ntwo\n"


def test_what_is_written_later_follows(project: Project) -> None:
    with (project.logs / "chat.log").open("ab", buffering=0) as log:
        text = log_text(project, "chat", follow=True)
        assert next(text) == "one\ntwo\n"
        assert next(text) == ""
        log.write("drei: gr\u00fc".encode()[:-1])
        assert next(text) == "drei: gr"
        log.write("\u00fc".encode()[1:] + b"n\n")
        assert next(text) == "\u00fcn\n"


def test_bytes_that_are_no_text_are_shown_as_such(project: Project) -> None:
    (project.logs / "chat.log").write_bytes(b"\xff\n")
    assert "".join(log_text(project, "chat")) == "\ufffd\n"


@pytest.mark.parametrize("name", ["other", "", "../up", "chat.log"])
def test_an_unknown_function_is_told_those_that_are_known(project: Project, name: str) -> None:
    (project.state / "up.log").touch()
    with pytest.raises(FunctionNotFoundError, match=f"a function {name}") as raised:
        next(log_text(project, name))
    assert raised.value.next_step == "Functions with a log: chat."


def test_a_deployed_function_has_a_log_before_it_has_run(running) -> None:
    function = connect(running.project).deploy(running.function("quiet"))
    assert "".join(log_text(running.project, "quiet")) == ""
    httpx.get(function.at("/aloud"))
    followed = log_text(running.project, "quiet", follow=True)
    assert "asked for /aloud\n" in next(followed)
