"""The control plane as a process: it comes with the local AWS and goes with it, and its death is told."""

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from lambdastream.control import control_plane, control_plane_process

Eventually = Callable[[Callable[[], object]], object]

BROKEN_MOTO = """
import sys
if "lambdastream.control.control_plane" in sys.orig_argv:
    sys.modules["moto"] = None
"""


def find_control_plane(sandbox) -> int | None:
    """The process id of the project's control plane, if one runs."""
    for pid in sandbox.pids():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if control_plane.__name__.encode() in command:
            return pid
    return None


def test_it_has_a_group_of_its_own_and_none_of_the_caller_s_credentials(sandbox, eventually: Eventually) -> None:
    variables = {"AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "AKIDWORK"}
    with sandbox.start("up", "--port", "0", **variables) as up:
        pid = eventually(lambda: find_control_plane(sandbox))
        assert os.getpgid(pid) == pid, "Ctrl-C in a terminal does not reach it before the functions have ended"
        assert b"AKIDWORK" not in Path(f"/proc/{pid}/environ").read_bytes()
        up.terminate()
        up.communicate(timeout=60)
    assert sandbox.left() == []


def told_of_its_end(sandbox, process, number: signal.Signals, pid: int) -> None:
    """End the control plane: all of it ends, and says why."""
    os.kill(pid, number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "The control plane of the local AWS has ended" in stderr
    assert f".lambdastream/{control_plane_process.LOG}" in stderr
    assert "lambdastream up" in stderr
    assert "Traceback" not in stderr
    assert sandbox.left() == []
    assert not sandbox.project.is_locked()


def test_who_calls_at_once_waits_until_it_is_ready_and_when_it_is_killed_all_of_it_ends(sandbox) -> None:
    with sandbox.up() as (process, _):
        assert sandbox.account().isdigit()
        (socket,) = sandbox.temporary.glob("*/control_plane.sock")
        assert stat.S_IMODE(socket.stat().st_mode) & 0o077 == 0, "whoever can open it can ask it for keys"
        told_of_its_end(sandbox, process, signal.SIGKILL, find_control_plane(sandbox))


def test_when_it_is_ended_while_it_starts_all_of_it_ends(sandbox, eventually: Eventually) -> None:
    with sandbox.up() as (process, _):
        told_of_its_end(sandbox, process, signal.SIGTERM, eventually(lambda: find_control_plane(sandbox)))


def test_an_environment_that_is_broken_is_told_with_the_end_of_the_log(sandbox) -> None:
    (sandbox.folder / "sitecustomize.py").write_text(BROKEN_MOTO, encoding="utf-8")
    with sandbox.start("up", "--port", "0", PYTHONPATH=str(sandbox.folder)) as process:
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "The control plane of the local AWS has ended" in stderr
    assert "moto" in stderr
    assert f".lambdastream/{control_plane_process.LOG}" in stderr
    assert sandbox.left() == []


def test_a_folder_for_state_that_cannot_be_written_is_told(sandbox) -> None:
    sandbox.project.state.write_text("a file is in the way", encoding="utf-8")
    done = sandbox.run("up", "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert sandbox.left() == []


@pytest.mark.parametrize(
    "content",
    ["not a section", "[local]\nregion = nowhere\n", None],
    ids=["no file of its kind", "no keys", "no folder"],
)
def test_a_profile_that_cannot_be_used_is_told(sandbox, content: str | None) -> None:
    folder = sandbox.project.make_state() / "aws"
    if content is None:
        folder.write_text("a file where a folder belongs", encoding="utf-8")
    else:
        folder.mkdir()
        (folder / "credentials").write_text(content, encoding="utf-8")
    done = sandbox.run("up", "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert str(folder / "credentials") in done.stderr
    assert "lambdastream up" in done.stderr
    assert "Traceback" not in done.stderr
    assert sandbox.left() == []
