"""The control plane as a process: it comes with the local AWS and goes with it, and its death is told."""

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from lambdastream.control import control_plane, control_plane_process
from lambdastream.control.profile import REGION, Profile

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


def caller(sandbox) -> str:
    """The account that the control plane says it is: who calls waits until it is ready."""
    keys = Profile(sandbox.project).keys()
    client = boto3.client(
        "sts",
        endpoint_url=sandbox.project.running().endpoint,
        region_name=REGION,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}),
    )
    try:
        account: str = client.get_caller_identity()["Account"]
    finally:
        client.close()
    return account


def test_who_calls_at_once_waits_until_it_is_ready(running) -> None:
    assert caller(running).isdigit()
    (socket,) = running.temporary.glob("*/control_plane.sock")
    assert stat.S_IMODE(socket.stat().st_mode) & 0o077 == 0, "whoever can open it can ask it for keys"


def test_it_has_a_group_of_its_own_and_none_of_the_caller_s_credentials(sandbox, eventually: Eventually) -> None:
    variables = {"AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "AKIDWORK"}
    with sandbox.start("up", "--port", "0", **variables) as up:
        pid = eventually(lambda: find_control_plane(sandbox))
        assert os.getpgid(pid) == pid, "Ctrl-C in a terminal does not reach it before the functions have ended"
        assert b"AKIDWORK" not in Path(f"/proc/{pid}/environ").read_bytes()
        up.terminate()
        up.communicate(timeout=20)
    assert sandbox.left() == []


@pytest.mark.parametrize(
    ("number", "ready"), [(signal.SIGKILL, True), (signal.SIGTERM, False)], ids=["killed", "ended while it starts"]
)
def test_when_it_ends_by_itself_all_of_it_ends_and_names_the_log(
    sandbox, eventually: Eventually, number: signal.Signals, ready: bool
) -> None:
    with sandbox.up() as (process, _):
        if ready:
            caller(sandbox)
        os.kill(eventually(lambda: find_control_plane(sandbox)), number)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "The control plane of the local AWS has ended" in stderr
    assert f".lambdastream/{control_plane_process.LOG}" in stderr
    assert "lambdastream up" in stderr
    assert "Traceback" not in stderr
    assert sandbox.left() == []
    assert not sandbox.project.is_locked()


def test_it_ends_with_a_killed_one(sandbox, eventually: Eventually) -> None:
    with sandbox.up() as (process, _):
        caller(sandbox)
        assert find_control_plane(sandbox)
        process.kill()
        process.communicate(timeout=20)
    eventually(lambda: not sandbox.pids())
    eventually(lambda: not [*sandbox.temporary.iterdir()])


@pytest.mark.parametrize("ready", [False, True], ids=["while it starts", "ready"])
def test_down_ends_it(sandbox, ready: bool) -> None:
    assert sandbox.run("up", "--detach", "--port", "0").returncode == 0
    if ready:
        caller(sandbox)
    assert sandbox.run("down").returncode == 0
    assert sandbox.left() == []


def test_an_environment_that_is_broken_is_told_with_the_end_of_the_log(sandbox) -> None:
    (sandbox.folder / "sitecustomize.py").write_text(BROKEN_MOTO, encoding="utf-8")
    with sandbox.start("up", "--port", "0", PYTHONPATH=str(sandbox.folder)) as process:
        _, stderr = process.communicate(timeout=20)
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
