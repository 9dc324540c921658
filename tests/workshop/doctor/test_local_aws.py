"""The doctor on the project's local AWS: running or not, both halves, and the port of the next start."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from lambdastream.cli import main
from lambdastream.control import supervisor
from lambdastream.control.profile import Profile
from lambdastream.control.project import Project, Running
from lambdastream.workshop.doctor.local_aws import local_aws, port_finding

COMMAND = Path(sys.executable).with_name("lambdastream")
PATIENCE = 60


class Quiet(BaseHTTPRequestHandler):
    """Answers 501 to everything, and says nothing."""

    def log_message(self, *_: object) -> None:
        """Requests are not worth a line."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose local AWS runs."""
    made = Project(tmp_path_factory.mktemp("project"))
    (made.root / "samconfig.toml").touch()
    try:
        subprocess.run([COMMAND, "up", "--detach", "--port", "0"], cwd=made.root, check=True, capture_output=True)
        yield made
    finally:
        supervisor.stop(made)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with HTTPServer(("127.0.0.1", 0), Quiet) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def free() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_both_halves_of_one_that_runs_answer(project: Project) -> None:
    runs, control_plane = local_aws(project)
    assert (runs.level, control_plane.level) == ("fine", "fine")
    assert project.running().endpoint in runs.what


def test_keys_that_are_not_the_project_s_are_found(project: Project) -> None:
    credentials = Profile(project).credentials
    before = credentials.read_text(encoding="utf-8")
    credentials.write_text(before.replace("aws_secret_access_key = ", "aws_secret_access_key = x"), encoding="utf-8")
    try:
        _, control_plane = local_aws(project)
    finally:
        credentials.write_text(before, encoding="utf-8")
    assert control_plane.level == "wrong"
    assert "SignatureDoesNotMatch" in control_plane.what
    assert control_plane.fix.startswith("lambdastream down; lambdastream up --detach")


def test_one_that_does_not_run_is_no_fault(tmp_path: Path, free: int) -> None:
    stopped, port = local_aws(Project(tmp_path), free)
    assert (stopped.level, stopped.fix) == ("warning", "lambdastream up --detach")
    assert (port.level, port.what) == ("fine", f"Port {free} is free.")


def test_one_that_says_that_it_runs_and_does_not_answer_is_wrong(tmp_path: Path, free: int) -> None:
    project = Project(tmp_path)
    with project.lock():
        project.record(Running(f"http://127.0.0.1:{free}", os.getpid(), "token"))
        (found,) = local_aws(project)
    assert (found.level, found.check) == ("wrong", "local AWS")


def test_one_that_starts_is_waited_for(tmp_path: Path) -> None:
    with Project(tmp_path).lock():
        (found,) = local_aws(Project(tmp_path))
    assert (found.level, found.fix) == ("warning", "lambdastream status")


def test_a_port_of_another_program_is_told_from_another_project_s(project: Project, taken: int) -> None:
    endpoint = project.running().endpoint
    own = port_finding(int(endpoint.rpartition(":")[2]))
    assert (own.level, "another project's local AWS" in own.what) == ("warning", True)
    other = port_finding(taken)
    assert (other.level, "another program" in other.what) == ("warning", True)
    assert "--port 0" in other.fix


def test_the_command_prints_it_all(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    for name, value in (Profile(project).environment({"PATH": path})).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project.root)
    before = sorted(project.root.rglob("*"))
    code = main(["doctor"])
    assert sorted(project.root.rglob("*")) == before, "it changes nothing"
    printed = capsys.readouterr().out
    assert code == 0, printed
    assert "✓ This shell is in local mode: the profile local of this project.\n" in printed
    assert "✓ Its control plane answers a signed call.\n" in printed
    assert f"→ Deploys go to the LOCAL AWS at {project.running().endpoint} (profile local). " in printed


def test_a_wrong_setting_makes_it_fail_with_the_fix(project: Project) -> None:
    done = subprocess.run(
        [COMMAND, "doctor", "--json"],
        cwd=project.root,
        env=Profile(project).environment(os.environ) | {"AWS_REGION": "eu-west-3"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert '"fix": "unset AWS_REGION"' in done.stdout
